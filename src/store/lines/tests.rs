//! Ordering against a model: whatever fails, dies, comes late or is sent again, an ordered webhook has one
//! request about a permit under way, that of the oldest delivery that has not ended.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::super::{Due, Finished, Grants, Hold, Lease, Presence, Store};
use crate::delivery::{Answer, AnswerLength, Attempt, Claim, Outcome, OutcomeKind, Phase, Status};
use crate::event::{Event, Identity, NewEvent};
use crate::retry::Next;
use crate::signature::Secret;
use crate::webhook::{Actor, NewWebhook, WebhookChanges};

#[derive(Debug, Clone)]
enum Step {
    /// An event about one of a few permits; held by its emitter, or queued.
    Emit { permit: u8, held: bool },
    /// A worker claims up to so many.
    Claim(usize),
    /// The request of one of the claims ends.
    End { which: usize, how: Ended },
    /// A worker dies: its claims are forgotten, and their leases end.
    Die,
    /// An attempt of a worker that was taken for dead is recorded after all.
    Late(usize),
    /// A delivery that has ended is sent again.
    Again(usize),
    /// The webhook becomes unordered, and ordered again.
    Toggle,
}

#[derive(Debug, Clone, Copy)]
enum Ended {
    Delivered,
    Retried,
    GivenUp,
    Unsent,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..3_u8, any::<bool>()).prop_map(|(permit, held)| Step::Emit { permit, held }),
        5 => (1..5_usize).prop_map(Step::Claim),
        9 => (any::<usize>(), prop_oneof![
            3 => Just(Ended::Delivered), 2 => Just(Ended::Retried), 1 => Just(Ended::GivenUp), 1 => Just(Ended::Unsent)
        ]).prop_map(|(which, how)| Step::End { which, how }),
        1 => Just(Step::Die),
        1 => any::<usize>().prop_map(Step::Late),
        1 => any::<usize>().prop_map(Step::Again),
        1 => Just(Step::Toggle),
    ]
}

/// The file, and what the model knows of it.
struct World {
    store: Store,
    webhook: i64,
    now: Timestamp,
    random: u64,
    /// Every delivery: its permit, and whether it has ended.
    deliveries: Vec<(u8, bool)>,
    claims: Vec<Claim>,
    lost: Vec<Claim>,
    /// Whether the oldest one has to be the first: not once something was sent again or out of order.
    strict: bool,
}

const LEASE: Lease = Lease { timeout: Duration::from_secs(10), at_once: 8 };

impl World {
    fn new(directory: &std::path::Path) -> Self {
        let store = Store::open(&directory.join("model.db"), Presence::Created).unwrap();
        let now: Timestamp = "2024-01-15T10:00:00Z".parse().unwrap();
        let new = NewWebhook {
            events: vec!["*".into()],
            ordered: true,
            ..NewWebhook::plain("A", "http://127.0.0.1:9/", Secret::unchecked("secret-of-a-webhook".into()))
        };
        let webhook = store.create_webhook(&new.validate(now).unwrap(), &Actor::Program).unwrap().id;
        Self {
            store,
            webhook,
            now,
            random: 0,
            deliveries: Vec::new(),
            claims: Vec::new(),
            lost: Vec::new(),
            strict: true,
        }
    }

    fn event(&self, permit: u8) -> Arc<Event> {
        let mut random = [0; 10];
        random[..8].copy_from_slice(&self.random.to_le_bytes());
        let new = NewEvent {
            event: "permit_approved".into(),
            permit_id: permit.to_string(),
            permit_number: format!("P-{permit}"),
            idempotency_key: Some(self.random.to_string()),
            ..NewEvent::default()
        };
        Arc::new(Event::new(&new, Identity { now: self.now, random }).unwrap())
    }

    fn emit(&mut self, permit: u8, held: bool) {
        self.random += 1;
        let event = self.event(permit);
        let by_emitter = if held { Hold::All(LEASE) } else { Hold::Nothing };
        let mut accepted = self.store.accept(&[event], self.now, by_emitter).unwrap().remove(0);
        self.deliveries.push((permit, false));
        let owed: Vec<i64> = accepted.deliveries.iter().map(|owed| owed.id).collect();
        assert_eq!(owed, [i64::try_from(self.deliveries.len()).unwrap()]);
        self.hold(std::mem::take(&mut accepted.claims));
    }

    fn claim(&mut self, most: usize) -> usize {
        let room = |_| most;
        let due = Due { newest_attempt: i64::MAX, ..Due::default() };
        let claims = self
            .store
            .together(|round| round.claim(&due, &mut Grants::new(&room), 0, most, LEASE, self.now))
            .unwrap();
        let found = claims.len();
        self.hold(claims);
        found
    }

    /// What is promised of every claim.
    fn hold(&mut self, claims: Vec<Claim>) {
        for claim in claims {
            let (permit, _) = self.delivery(claim.delivery);
            for other in &self.claims {
                assert_ne!(self.delivery(other.delivery).0, permit, "two of a line are under way");
            }
            let older = (1..claim.delivery).find(|id| self.delivery(*id) == (permit, false));
            assert!(!self.strict || older.is_none(), "{} goes before {older:?}", claim.delivery);
            self.claims.push(claim);
        }
    }

    fn delivery(&self, id: i64) -> (u8, bool) {
        self.deliveries[usize::try_from(id - 1).unwrap()]
    }

    fn end(&mut self, claim: Claim, how: Ended) {
        let (status, due) = match how {
            Ended::Unsent => {
                return self.store.together(|round| round.release(&[claim], self.now)).unwrap();
            }
            Ended::Delivered => (Status::Success, None),
            Ended::GivenUp => (Status::Failed, None),
            Ended::Retried => (Status::Pending, Some(self.now + SignedDuration::from_secs(5))),
        };
        self.deliveries[usize::try_from(claim.delivery - 1).unwrap()].1 |= due.is_none();
        self.record(claim, Next { status, due, gone: false });
    }

    fn record(&self, claim: Claim, next: Next) {
        let kind =
            if next.status == Status::Success { OutcomeKind::Delivered } else { OutcomeKind::HttpStatus };
        let answer = Answer {
            status: if next.status == Status::Success { 204 } else { 500 },
            headers: Vec::new(),
            body: Vec::new(),
            length: AnswerLength::Exactly(0),
        };
        let outcome = Outcome {
            kind,
            phase: Phase::Body,
            error: String::new(),
            answer: Some(answer),
            duration: Duration::ZERO,
        };
        let attempt = Attempt {
            number: claim.attempt,
            started_at: self.now,
            url: String::new(),
            headers: Vec::new(),
            outcome,
            signing: None,
        };
        self.store
            .together(|round| round.record(&[Finished { claim, attempt, next, led: None }], self.now))
            .unwrap();
    }

    fn take(&mut self, step: &Step) {
        self.now += SignedDuration::from_secs(3);
        // Nobody sends with a lease that has ended.
        let now = self.now;
        self.lost.extend(self.claims.extract_if(.., |claim| claim.lease_until <= now));
        match step {
            Step::Emit { permit, held } => self.emit(*permit, *held),
            Step::Claim(most) => drop(self.claim(*most)),
            Step::End { which, how } if !self.claims.is_empty() => {
                let claim = self.claims.swap_remove(which % self.claims.len());
                self.end(claim, *how);
            }
            Step::Die => {
                self.lost.append(&mut self.claims);
                self.now += SignedDuration::from_mins(10);
            }
            Step::Late(which) if !self.lost.is_empty() => {
                let claim = self.lost.swap_remove(which % self.lost.len());
                let id = claim.delivery;
                self.record(claim, Next { status: Status::Success, due: None, gone: false });
                // It counts where nobody has taken the delivery over.
                let (latest, ..) = self.store.delivery(id).unwrap().unwrap();
                self.deliveries[usize::try_from(id - 1).unwrap()].1 = latest.status != Status::Pending;
            }
            Step::Again(which) => {
                let ended: Vec<i64> =
                    (1..).zip(&self.deliveries).filter(|(_, (_, ended))| *ended).map(|(id, _)| id).collect();
                if !ended.is_empty() {
                    let id = ended[which % ended.len()];
                    self.store.owe_again(&[id], self.now).unwrap();
                    self.deliveries[usize::try_from(id - 1).unwrap()].1 = false;
                    self.strict = false;
                }
            }
            Step::Toggle if self.claims.is_empty() => {
                for ordered in [false, true] {
                    let changes = WebhookChanges { ordered: Some(ordered), ..WebhookChanges::default() };
                    let change = |webhook: &_| changes.apply(webhook, self.now);
                    assert!(
                        self.store.change_webhook(self.webhook, &Actor::Program, change).unwrap().is_some()
                    );
                }
            }
            Step::End { .. } | Step::Late(_) | Step::Toggle => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn what_concerns_one_permit_is_sent_in_its_order_and_nothing_is_stuck(
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let mut world = World::new(directory.path());
        for step in &steps {
            world.take(step);
        }
        // Whatever is left goes out in the end.
        world.take(&Step::Die);
        for _ in 0..=world.deliveries.len() {
            world.now += SignedDuration::from_mins(10);
            world.claim(100);
            for claim in std::mem::take(&mut world.claims) {
                world.end(claim, Ended::Delivered);
            }
        }
        prop_assert!(world.deliveries.iter().all(|(_, ended)| *ended), "{:?}", world.deliveries);
    }
}

/// A webhook that was changed by `changes`.
fn change(world: &World, changes: WebhookChanges) {
    let apply = |webhook: &_| changes.apply(webhook, world.now);
    assert!(world.store.change_webhook(world.webhook, &Actor::Program, apply).unwrap().is_some());
}

fn ordered(ordered: bool) -> WebhookChanges {
    WebhookChanges { ordered: Some(ordered), ..WebhookChanges::default() }
}

#[test]
fn what_was_held_when_a_webhook_became_ordered_goes_one_by_one_once_it_is_given_back() {
    for (how, leases_end) in [(Ended::Unsent, false), (Ended::Retried, false), (Ended::Delivered, true)] {
        let directory = tempfile::tempdir().unwrap();
        let mut world = World::new(directory.path());
        change(&world, ordered(false));
        for _ in 0..4 {
            world.emit(1, false);
        }
        let due = Due { newest_attempt: i64::MAX, ..Due::default() };
        let all = |_: i64| 4;
        let mut held = world
            .store
            .together(|round| round.claim(&due, &mut Grants::new(&all), 0, 4, LEASE, world.now))
            .unwrap();
        assert_eq!(held.len(), 4);
        change(&world, ordered(true));
        if leases_end {
            // The worker was killed.
            world.take(&Step::Die);
        } else {
            let first = held.remove(0);
            for one in held {
                world.end(one, how);
            }
            world.now += SignedDuration::from_secs(10);
            assert_eq!(world.claim(4), 0, "the first one is under way");
            world.end(first, Ended::Delivered);
        }
        let left = if leases_end { 4 } else { 3 };
        for _ in 0..left {
            assert_eq!(world.claim(4), 1);
            let one = world.claims.remove(0);
            world.end(one, Ended::Delivered);
        }
    }
}

#[test]
fn a_replay_follows_the_webhook_as_it_is_now() {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::new(directory.path());
    change(&world, WebhookChanges::enabled(false));
    for permit in [1, 1, 2] {
        missed(&mut world, permit);
    }
    change(&world, WebhookChanges::enabled(true));
    let webhook = world.store.webhook(world.webhook).unwrap().unwrap();
    // Somebody changes it while it is replayed.
    change(&world, ordered(false));
    let replayed = world.store.replay(&webhook, Timestamp::UNIX_EPOCH, 2, world.now).unwrap();
    assert_eq!((replayed.missed, replayed.owed), (2, 2));
    let due = Due { newest_attempt: i64::MAX, ..Due::default() };
    let room = |_: i64| 4;
    let claimed = world
        .store
        .together(|round| round.claim(&due, &mut Grants::new(&room), 0, 4, LEASE, world.now))
        .unwrap();
    assert_eq!(claimed.len(), 2, "nothing leads a line of an unordered webhook");

    change(&world, WebhookChanges::enabled(false));
    let later = |world: &World| world.store.replay(&webhook, Timestamp::UNIX_EPOCH, 2, world.now).unwrap();
    assert_eq!(later(&world).missed, 0);
    assert!(world.store.delete_webhook(world.webhook, &Actor::Program, world.now).unwrap());
    assert_eq!(later(&world).missed, 0, "nobody would ever send it");
}

/// An event that comes while the webhook is disabled.
fn missed(world: &mut World, permit: u8) {
    world.random += 1;
    let event = world.event(permit);
    let accepted = world.store.accept(&[event], world.now, Hold::Nothing).unwrap().remove(0);
    assert_eq!(accepted.suppressed.len(), 1);
}

#[test]
fn what_a_deleted_webhook_was_sent_is_not_owed_again() {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::new(directory.path());
    world.emit(1, true);
    let claim = world.claims.remove(0);
    world.end(claim, Ended::Delivered);
    assert!(world.store.delete_webhook(world.webhook, &Actor::Program, world.now).unwrap());
    let error = world.store.owe_again(&[1], world.now).unwrap_err().to_string();
    assert!(error.contains("its webhook was deleted"), "{error}");
    let (delivery, ..) = world.store.delivery(1).unwrap().unwrap();
    assert_eq!(delivery.status, Status::Success);
}
