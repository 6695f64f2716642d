//! What a receiver, its listener thread and its connection threads have in common, and how they wait for one another.

use std::net::{Shutdown, TcpStream};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::{Behaviour, Received};

/// The state that they share, and the means to wait for its changes.
pub(super) struct Shared {
    state: Mutex<State>,
    pub(super) changed: Condvar,
    pub(super) bytes_written: AtomicU64,
}

/// The part of [`Shared`] under the lock.
pub(super) struct State {
    pub(super) behaviour: Behaviour,
    pub(super) turn: usize,
    pub(super) received: Vec<Received>,
    pub(super) problems: Vec<String>,
    pub(super) handshake_failures: Vec<String>,
    pub(super) open: Vec<(usize, TcpStream)>,
    pub(super) connections: usize,
    pub(super) stale_closes: usize,
    pub(super) aborted: usize,
    pub(super) stopped: bool,
}

impl State {
    /// Shuts every open connection down, which wakes the threads that read from or write to them.
    pub(super) fn shut_down_all(&self) {
        for (_, socket) in &self.open {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    pub(super) fn new(behaviour: Behaviour) -> Self {
        Self {
            state: Mutex::new(State {
                behaviour,
                turn: 0,
                received: Vec::new(),
                problems: Vec::new(),
                handshake_failures: Vec::new(),
                open: Vec::new(),
                connections: 0,
                stale_closes: 0,
                aborted: 0,
                stopped: false,
            }),
            changed: Condvar::new(),
            bytes_written: AtomicU64::new(0),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state (unless the receiver has stopped) and wakes whoever waits for it.
    pub(super) fn update(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        if !state.stopped {
            change(&mut state);
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Waits as long as the condition holds, at most for the given time.
    pub(super) fn wait_while(
        &self,
        limit: Duration,
        mut condition: impl FnMut(&State) -> bool,
    ) -> MutexGuard<'_, State> {
        self.changed
            .wait_timeout_while(self.lock(), limit, |state| condition(state))
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }

    /// Waits until the receiver stops.
    pub(super) fn wait_stopped(&self) {
        drop(
            self.changed
                .wait_while(self.lock(), |state| !state.stopped)
                .unwrap_or_else(PoisonError::into_inner),
        );
    }

    /// Pauses for the given time; returns false, at once, when the receiver stops.
    pub(super) fn pause(&self, time: Duration) -> bool {
        !self.wait_while(time, |state| !state.stopped).stopped
    }

    /// Records a request and says how to treat it, and how many came before it under the same behaviour.
    pub(super) fn record(&self, request: &Received) -> (Behaviour, usize) {
        let mut state = self.lock();
        state.received.push(request.clone());
        let turn = state.turn;
        state.turn += 1;
        let behaviour = state.behaviour.clone();
        drop(state);
        self.changed.notify_all();
        (behaviour, turn)
    }
}

/// Keeps a connection listed as open; its end, also by a panic of a test's closure, takes it off the list.
pub(super) struct OpenConnection {
    pub(super) shared: Arc<Shared>,
    pub(super) serial: usize,
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.open.retain(|(serial, _)| *serial != self.serial);
        if thread::panicking() {
            state.problems.push("the thread of a connection panicked".to_owned());
        }
        drop(state);
        self.shared.changed.notify_all();
    }
}
