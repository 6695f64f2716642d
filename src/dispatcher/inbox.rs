//! What comes to the leading thread: attempts that have ended, and events to accept. It sleeps until there is
//! as much as it wants, so that a burst of attempts wakes it once and not each time.
//!
//! Events come in two ways. A feed brings them as fast as they can be sent, and waits where that is slower. Who
//! asks for one to be accepted gets an answer, and that does not wait for anything that is sent.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::{Asked, Ended, Fed};

/// This many groups of events wait at most; whoever brings more waits with them.
const AHEAD: usize = 16;

/// The inbox of one run.
#[derive(Default)]
pub struct Inbox {
    state: Mutex<State>,
    /// There is as much as is wanted, or an event, or something has ended.
    arrived: Condvar,
    /// There is room for events again, or nobody takes them any more.
    taken: Condvar,
}

#[derive(Default)]
struct State {
    ended: Vec<Ended>,
    fed: VecDeque<Fed>,
    asked: VecDeque<Asked>,
    /// How many have to ask to wake the leading thread; 0 wakes it for the first.
    gathering: usize,
    /// How many feeds may still bring events.
    feeds: usize,
    /// How many attempts have to have ended to wake the leading thread.
    wanted: usize,
    /// Whether events wake it.
    hungry: bool,
    closed: bool,
}

/// Brings events into an inbox.
pub struct Feed(Arc<Inbox>);

impl Feed {
    /// A feed of this inbox; the run goes on until it is dropped.
    pub fn new(inbox: &Arc<Inbox>) -> Self {
        inbox.lock().feeds += 1;
        Self(Arc::clone(inbox))
    }

    /// Brings events; waits where there is no room. `false` where nobody takes them any more.
    pub fn send(&self, fed: Fed) -> bool {
        let full = |state: &mut State| !state.closed && state.fed.len() >= AHEAD;
        let mut state = self.0.taken.wait_while(self.0.lock(), full).unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return false;
        }
        state.fed.push_back(fed);
        if state.hungry {
            self.0.arrived.notify_one();
        }
        true
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.0.lock().feeds -= 1;
        self.0.arrived.notify_one();
    }
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Every statement leaves it consistent: a panic elsewhere does no harm.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands over how a claim has ended.
    pub(super) fn put(&self, ended: Ended) {
        let mut state = self.lock();
        state.ended.push(ended);
        if state.wanted > 0 && state.ended.len() >= state.wanted {
            self.arrived.notify_one();
        }
    }

    /// Asks for an event to be accepted. Whoever leads answers; where nobody does, whoever leads next.
    pub fn ask(&self, asked: Asked) {
        let mut state = self.lock();
        state.asked.push_back(asked);
        // The first one wakes, and the others come with it; or the last one of those that are waited for.
        if state.asked.len() == state.gathering.max(1) {
            self.arrived.notify_one();
        }
    }

    /// Waits until so many ask, at the longest until then.
    pub(super) fn gather_asked(&self, enough: usize, until: Instant) {
        let mut state = self.lock();
        state.gathering = enough;
        while state.asked.len() < enough && !state.closed {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.arrived.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.gathering = 0;
    }

    /// Waits until so many attempts have ended, or, where it is `hungry`, events have come or will come no
    /// more; or somebody asks; at the longest until then. Only an inbox that was fed a moment ago can be hungry.
    pub fn wait(&self, wanted: usize, hungry: bool, until: Instant) {
        let mut state = self.lock();
        (state.wanted, state.hungry) = (wanted, hungry);
        while state.ended.len() < wanted
            && !(hungry && (!state.fed.is_empty() || state.feeds == 0))
            && state.asked.is_empty()
            && !state.closed
        {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.arrived.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        (state.wanted, state.hungry) = (0, false);
    }

    /// Up to so many of what has ended.
    pub(super) fn take_ended(&self, most: usize) -> Vec<Ended> {
        let mut state = self.lock();
        let most = most.min(state.ended.len());
        state.ended.drain(..most).collect()
    }

    /// The next groups of events, until there are so many.
    pub fn take_fed(&self, enough: usize) -> Fed {
        let mut all = Fed::default();
        let mut state = self.lock();
        while all.events.len() < enough
            && let Some(fed) = state.fed.pop_front()
        {
            all.events.extend(fed.events);
            all.refused.extend(fed.refused);
            self.taken.notify_one();
        }
        all
    }

    /// Up to so many of those who ask, the first ones first.
    pub fn take_asked(&self, most: usize) -> Vec<Asked> {
        let mut state = self.lock();
        let most = most.min(state.asked.len());
        state.asked.drain(..most).collect()
    }

    /// Waits until somebody asks, at the longest until then.
    pub fn wait_for_asked(&self, until: Instant) {
        self.wait(usize::MAX, false, until);
    }

    /// Whether events may still come.
    pub fn is_fed(&self) -> bool {
        let state = self.lock();
        state.feeds > 0 || !state.fed.is_empty()
    }

    /// Says that a run begins, which takes what comes.
    pub(super) fn open(&self) {
        self.lock().closed = false;
    }

    /// Says that nothing is taken any more.
    pub fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
        self.taken.notify_all();
    }
}
