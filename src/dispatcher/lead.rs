//! The leading thread: records what has ended, accepts what is fed and claims what is due, all of it together
//! in one transaction after the other, until all is done.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::{AT_ONCE, Asked, Dispatcher, Ended, Fed, Shared, THREADS, Told, Work};
use crate::delivery::Claim;
use crate::error::{Error, Result};
use crate::store::{Finished, Grants, Hold, LONGEST_TURN, Lease};

/// How long attempts wait for others to be recorded with, while the threads are busy.
const GATHERED: Duration = Duration::from_millis(20);
/// How soon a run sees what another process has queued, and that it is to stop.
const POLL: Duration = Duration::from_millis(250);

/// How long a thread takes, at the most, from being woken for a turn to its request.
const TAKEN: Duration = Duration::from_millis(5);

/// Where so many ask at once, they do so again as soon as they are answered, and a transaction is made for all of
/// them: its fsync costs as much as a dozen events.
const TOGETHER: usize = 8;
/// How long is waited for that.
const ASKED_AGAIN: Duration = Duration::from_micros(500);
/// How long a run that endures waits after the database has failed, unless somebody asks before.
const AFTER_FAILURE: Duration = Duration::from_millis(250);

/// What goes into one transaction.
#[derive(Default)]
struct Step {
    finished: Vec<Finished>,
    /// Held, and to be given back.
    unsent: Vec<Claim>,
    fed: Fed,
    /// Accepted whatever waits in the lanes.
    asked: Vec<Asked>,
    /// Whether something can be claimed.
    claim: bool,
}

impl Step {
    fn add(&mut self, ended: Vec<Ended>) {
        for one in ended {
            match one {
                Ended::Sent(one) => self.finished.push(*one),
                Ended::Unsent(claim) => self.unsent.push(claim),
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.finished.is_empty()
            && self.unsent.is_empty()
            && self.fed.events.is_empty()
            && self.fed.refused.is_empty()
            && self.asked.is_empty()
            && !self.claim
    }

    /// How many more attempts fit in.
    fn room(&self) -> usize {
        AT_ONCE.saturating_sub(self.finished.len())
    }

    /// Tells everybody who asked that it has failed.
    fn refuse(&mut self, error: &Error) {
        for asked in self.asked.drain(..) {
            (asked.answer)(Err(error.clone()));
        }
    }
}

/// What is known of the file between two looks at it.
struct Lookout {
    /// When to look again.
    at: Instant,
    /// Until something is due that waits for its turn, as of the last look.
    due_in: Option<Duration>,
    /// The webhook that was claimed for last; the next one comes first next time.
    served: i64,
    /// How many deliveries an event owes, as of late; 0 before the first look. So many deliveries wait for each
    /// event that is accepted too early.
    fan_out: usize,
    /// How many have asked at once, as of late.
    asked: usize,
}

impl Dispatcher<'_> {
    pub(super) fn lead(&self, shared: &Shared, mut work: Option<Work>) -> Result<()> {
        let mut lookout = Lookout { at: Instant::now(), due_in: None, served: 0, fan_out: 0, asked: 0 };
        let mut step = Step::default();
        // Only a worker that panicked closes the lanes before this ends: what it held is never done.
        while !shared.lanes().is_closed() {
            let stopped = work.as_ref().is_some_and(|work| work.stop.load(Ordering::Acquire));
            match self.round(shared, &mut step, work.as_mut(), &mut lookout, stopped) {
                Ok(true) => return Ok(()),
                Ok(false) => step = Step::default(),
                Err(error) => {
                    step.refuse(&error);
                    // What does not pass by itself would fail for good with what is held here.
                    let passes = matches!(error, Error::Unavailable(_));
                    let Some(work) = work.as_mut().filter(|work| work.endures && passes && !stopped) else {
                        return Err(error);
                    };
                    (work.told)(Told::Failed(&error));
                    step.claim = false;
                    shared.inbox.wait(usize::MAX, false, Instant::now() + AFTER_FAILURE);
                }
            }
        }
        Ok(())
    }

    /// One transaction, or one rest; `step` may hold what an earlier one could not store. Returns whether all is
    /// done.
    fn round(
        &self,
        shared: &Shared,
        step: &mut Step,
        work: Option<&mut Work>,
        lookout: &mut Lookout,
        stopped: bool,
    ) -> Result<bool> {
        wake_for_turns(shared);
        // What a worker has finished it hands over before its lane is idle: the order matters.
        let idle = shared.lanes().is_idle();
        step.add(shared.inbox.take_ended(step.room()));
        if let Some(work) = &work {
            if lookout.asked >= TOGETHER {
                shared.inbox.gather_asked(lookout.asked.min(AT_ONCE), Instant::now() + ASKED_AGAIN);
            }
            step.asked = shared.inbox.take_asked(AT_ONCE);
            lookout.asked = step.asked.len().max(lookout.asked * 3 / 4);
            if stopped {
                step.unsent.extend(shared.lanes().drain());
            } else {
                if !work.watch {
                    step.unsent.extend(shared.lanes().drain_given_up());
                }
                if Instant::now() >= lookout.at {
                    self.look(shared, work, lookout, step)?;
                }
                let wanted = shared.lanes().wanted().div_ceil(lookout.fan_out.max(1));
                if wanted > 0 && step.fed.events.is_empty() {
                    step.fed = shared.inbox.take_fed(wanted.min(AT_ONCE));
                }
            }
        }
        let fed = !stopped && shared.inbox.is_fed();
        if step.is_empty() {
            let more_to_come = work.as_ref().is_some_and(|work| {
                let turn_comes = lookout.due_in.is_some_and(|turn| match work.patience {
                    Some(until) => Instant::now() + turn <= until,
                    None => turn <= LONGEST_TURN,
                });
                fed || !stopped && (work.watch || turn_comes)
            });
            if idle && !more_to_come {
                return Ok(true);
            }
            let hungry = fed && shared.lanes().wanted() > 0;
            shared.inbox.wait(1, hungry, next_event(shared, work.as_deref(), lookout));
            return Ok(false);
        }
        if step.fed.events.is_empty() && step.asked.is_empty() {
            gather(step, shared, fed);
        }
        self.commit(shared, step, work, lookout)?;
        Ok(false)
    }

    /// Sees what is due, and what waits here for webhooks that were deleted, disabled, paused or changed since
    /// it was claimed: it would go to the old address, signed with the old secret. A secret that is to be erased takes
    /// a transaction, whatever it is for.
    fn look(&self, shared: &Shared, work: &Work, lookout: &mut Lookout, step: &mut Step) -> Result<()> {
        let room = |webhook| room(shared, work.watch, webhook);
        let look = self.store.survey(&work.due, &room, Timestamp::now())?;
        step.unsent.extend(shared.lanes().drain_where(|claim| {
            look.open.get(&claim.webhook.id).is_none_or(|changed| *changed != claim.webhook.updated_at)
        }));
        step.claim = look.to_erase || look.due_in.is_some_and(|due_in| due_in.is_zero());
        lookout.due_in = look.due_in;
        if lookout.fan_out == 0 {
            lookout.fan_out = look.open.len().max(1);
        }
        lookout.at = Instant::now() + look.due_in.unwrap_or(POLL).clamp(Duration::from_millis(1), POLL);
        Ok(())
    }

    fn commit(
        &self,
        shared: &Shared,
        step: &mut Step,
        work: Option<&mut Work>,
        lookout: &mut Lookout,
    ) -> Result<()> {
        let lease = Lease { timeout: self.timeout, at_once: THREADS };
        let watch = work.as_ref().is_some_and(|work| work.watch);
        let room = |webhook| room(shared, watch, webhook);
        let mut grants = Grants::new(&room);
        let due = work.as_ref().filter(|_| step.claim).map(|work| &work.due);
        let (now, at) = (Timestamp::now(), Instant::now());
        let mut events = std::mem::take(&mut step.fed.events);
        let fed = events.len();
        events.extend(step.asked.iter().map(|asked| Arc::clone(&asked.event)));
        let stored = self.store.together(|round| {
            round.record(&step.finished, now)?;
            round.release(&step.unsent, now)?;
            let claims = match due {
                Some(due) => round.claim(due, &mut grants, lookout.served, AT_ONCE, lease, now)?,
                None => Vec::new(),
            };
            let accepted = round.accept(&events, now, Hold::Granted(lease, &mut grants))?;
            Ok((claims, accepted))
        });
        let (mut claims, mut accepted) = stored.inspect_err(|_| {
            events.truncate(fed);
            step.fed.events = events;
        })?;
        lookout.served = claims.last().map_or(lookout.served, |claim| claim.webhook.id);
        if !accepted.is_empty() {
            let owed: usize = accepted.iter().map(|one| one.deliveries.len()).sum();
            lookout.fan_out = (owed / accepted.len()).max(1);
        }
        claims.extend(accepted.iter_mut().flat_map(|one| std::mem::take(&mut one.claims)));
        if !claims.is_empty() {
            let added = claims.len();
            shared.lanes().extend(claims, at);
            wake_for(shared, added);
        }
        // There is room in the lanes again, and the next of a line may be free to go.
        lookout.at = Instant::now();
        if let Some(work) = work {
            for (line, error) in &step.fed.refused {
                (work.told)(Told::Refused(*line, error));
            }
            for one in &accepted {
                (work.told)(Told::Accepted(one));
            }
            for one in &step.finished {
                (work.told)(Told::Finished(one));
            }
        }
        for (asked, one) in step.asked.drain(..).zip(accepted.into_iter().skip(fed)) {
            (asked.answer)(Ok(one));
        }
        Ok(())
    }
}

/// Wakes a thread for each claim that was added. All of them at once would find nothing but each other, where a few
/// claims come with every transaction.
fn wake_for(shared: &Shared, added: usize) {
    if added >= THREADS {
        shared.changed.notify_all();
    } else {
        (0..added).for_each(|_| shared.changed.notify_one());
    }
}

fn wake_for_turns(shared: &Shared) {
    if shared.lanes().next_turn().is_some_and(|turn| turn <= Instant::now()) {
        shared.changed.notify_all();
    }
}

/// When there is something to do even if nothing comes.
fn next_event(shared: &Shared, work: Option<&Work>, lookout: &Lookout) -> Instant {
    let now = Instant::now();
    let look = work.map_or(now + POLL, |_| lookout.at.max(now));
    // A turn that has come already waits for a thread that is just about to take it, as a rule; the next turn is
    // not to be slept through.
    let turn = shared.lanes().next_turn().map(|turn| turn.max(now + TAKEN));
    turn.map_or(look, |turn| turn.min(look)).min(now + POLL)
}

/// How many more claims of this webhook can be used soon. One that keeps failing gets none in a run that ends.
fn room(shared: &Shared, watch: bool, webhook: i64) -> usize {
    let lanes = shared.lanes();
    if !watch && lanes.is_given_up(webhook) { 0 } else { lanes.room(webhook) }
}

/// Fills the step up while there is so much to send that the threads stay busy: a transaction for each attempt
/// would cost more than the attempts.
fn gather(step: &mut Step, shared: &Shared, hungry: bool) {
    if step.finished.is_empty() || step.finished.len() >= AT_ONCE || !shared.lanes().is_busy() {
        return;
    }
    let wanted = step.room();
    shared.inbox.wait(wanted, hungry && shared.lanes().wanted() > 0, Instant::now() + GATHERED);
    step.add(shared.inbox.take_ended(wanted));
}
