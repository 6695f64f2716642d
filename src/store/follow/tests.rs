//! Whoever follows the log sees every delivery as it stands in the end, and nothing twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::delivery::{Attempt, Claim, Outcome, OutcomeKind, Permit, Phase, Status};
use crate::event::{Event, EventType, Identity, NewEvent};
use crate::retry::Next;
use crate::signature::Secret;
use crate::store::{Due, Finished, Grants, Hold, Lease, Presence};
use crate::webhook::{Actor, NewWebhook};

const LEASE: Lease = Lease { timeout: Duration::from_secs(10), at_once: 8 };

/// A log that grows.
struct Log {
    store: Store,
    now: Timestamp,
    events: u64,
    held: Vec<Claim>,
    /// Kept for as long as the file is used.
    _directory: tempfile::TempDir,
}

impl Log {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("log.db"), Presence::Created).unwrap();
        let now = "2024-01-15T10:00:00Z".parse().unwrap();
        Self { store, now, events: 0, held: Vec::new(), _directory: directory }
    }

    fn webhook(&self) -> i64 {
        let new = NewWebhook {
            events: vec!["*".into()],
            ..NewWebhook::plain("A", "http://127.0.0.1:9/", Secret::unchecked("secret-of-a-webhook".into()))
        };
        self.store.create_webhook(&new.validate(self.now).unwrap(), &Actor::Program).unwrap().id
    }

    fn accept(&mut self, count: usize) {
        let events: Vec<_> = (0..count).map(|_| self.event()).collect();
        self.store.accept(&events, self.now, Hold::Nothing).unwrap();
    }

    fn event(&mut self) -> Arc<Event> {
        self.events += 1;
        let new = NewEvent {
            event: "permit_approved".into(),
            permit_id: "7".into(),
            permit_number: "P-7".into(),
            idempotency_key: Some(self.events.to_string()),
            ..NewEvent::default()
        };
        let mut random = [0; 10];
        random[..8].copy_from_slice(&self.events.to_le_bytes());
        Arc::new(Event::new(&new, Identity { now: self.now, random }).unwrap())
    }

    fn claim(&mut self, most: usize) {
        self.now += SignedDuration::from_mins(10);
        let (room, due) = (|_| most, Due { newest_attempt: i64::MAX, ..Due::default() });
        let claimed =
            self.store.together(|round| round.claim(&due, &mut Grants::new(&room), 0, most, LEASE, self.now));
        self.held.extend(claimed.unwrap());
    }

    /// The attempt for one of the claims ends.
    fn end(&mut self, which: usize, status: Status) {
        if !self.held.is_empty() {
            let claim = self.held.swap_remove(which % self.held.len());
            self.record(vec![claim], status);
        }
    }

    fn end_all(&mut self, status: Status) {
        let held = std::mem::take(&mut self.held);
        self.record(held, status);
    }

    fn record(&self, claims: Vec<Claim>, status: Status) {
        let kind = if status == Status::Success { OutcomeKind::Delivered } else { OutcomeKind::Timeout };
        let outcome = Outcome {
            kind,
            phase: Phase::Body,
            error: String::new(),
            answer: None,
            duration: Duration::ZERO,
        };
        let due = (status == Status::Pending).then_some(self.now);
        let finished = |claim: Claim| Finished {
            attempt: Attempt {
                number: claim.attempt,
                started_at: self.now,
                url: String::new(),
                headers: Vec::new(),
                outcome: outcome.clone(),
                signing: None,
            },
            claim,
            next: Next { status, due, gone: false },
            led: None,
        };
        let finished: Vec<_> = claims.into_iter().map(finished).collect();
        self.store.together(|round| round.record(&finished, self.now)).unwrap();
    }

    /// So many events, each of them delivered.
    fn deliver(&mut self, count: usize) {
        self.accept(count);
        self.claim(count);
        self.end_all(Status::Success);
    }

    fn prune(&self) {
        let mut after = 0;
        while let Some(next) = self.store.prune(after, self.now + SignedDuration::from_hours(1)).unwrap().next
        {
            after = next;
        }
    }

    fn all(&self) -> Vec<Delivery> {
        self.store.deliveries(&all()).unwrap()
    }
}

fn all() -> DeliveryFilter {
    DeliveryFilter { limit: 1_000_000, ..DeliveryFilter::default() }
}

/// Who follows a log.
struct Reader {
    place: Place,
    /// What was shown: id, status, attempts and error.
    shown: BTreeSet<(i64, &'static str, u32, String)>,
    last: BTreeMap<i64, (&'static str, u32)>,
    page: u32,
}

impl Reader {
    fn new(log: &Log, page: u32) -> Self {
        let (deliveries, place) = log.store.end_of_log(&all()).unwrap();
        let mut reader = Self { place, shown: BTreeSet::new(), last: BTreeMap::new(), page };
        reader.show(&deliveries);
        reader
    }

    fn show(&mut self, deliveries: &[Delivery]) {
        for one in deliveries {
            let state = (one.status.name(), one.attempts);
            let shown = (one.id, state.0, state.1, one.error.clone());
            assert!(self.shown.insert(shown), "{} is shown twice as {state:?}", one.id);
            self.last.insert(one.id, state);
        }
    }

    /// Reads one page; whether there is more.
    fn look(&mut self, log: &Log) -> bool {
        let news = log.store.news_in(self.page, &mut self.place, &all()).unwrap().unwrap();
        assert!(!news.lost && news.deliveries.len() <= 3 * self.page as usize);
        self.show(&news.deliveries);
        news.more
    }

    fn catch_up(&mut self, log: &Log) {
        while self.look(log) {}
    }

    fn has_seen(&mut self, log: &Log) {
        self.catch_up(log);
        for one in log.all() {
            let seen = self.last.get(&one.id).copied();
            // That something is owed again is seen when it was attempted again.
            let again = one.status == Status::Pending && one.attempts > 0;
            let same = seen == Some((one.status.name(), one.attempts))
                || again && seen.is_some_and(|seen| seen.1 == one.attempts);
            assert!(same, "{} is shown as {seen:?}, and is {} {}", one.id, one.status.name(), one.attempts);
        }
    }
}

#[test]
fn attempts_that_get_the_ids_of_pruned_ones_are_new() {
    for (kept, again) in [(0, 1), (0, 3), (0, 7), (2, 1), (2, 3), (2, 7)] {
        let mut log = Log::new();
        log.webhook();
        // Some that are pending keep their attempts.
        log.accept(kept);
        log.claim(kept);
        log.end_all(Status::Pending);
        log.accept(3);
        // Those that are pending are due as well, and claimed by another one.
        log.claim(kept + 3);
        log.held.retain(|claim| claim.delivery > i64::try_from(kept).unwrap());
        log.end_all(Status::Success);
        let mut reader = Reader::new(&log, PAGE);
        log.prune();
        assert_eq!(log.all().len(), kept);
        log.accept(again);
        log.claim(kept + again);
        log.end_all(Status::Success);
        reader.has_seen(&log);
        let delivered = reader.last.values().filter(|(status, _)| *status == "success").count();
        assert_eq!(delivered, 3 + again + kept);
    }
}

#[test]
fn a_prune_of_more_than_is_remembered_is_told_and_what_comes_after_it_is_seen() {
    let mut log = Log::new();
    log.webhook();
    for _ in 0..10 {
        log.deliver(500);
    }
    let mut reader = Reader::new(&log, PAGE);
    log.prune();
    log.deliver(1);
    let news = log.store.news(&mut reader.place, &all()).unwrap().unwrap();
    assert!(news.lost);
    assert!(!log.store.news(&mut reader.place, &all()).unwrap().unwrap().lost);
    log.deliver(5);
    reader.catch_up(&log);
    assert!(log.all().iter().take(5).all(|one| reader.last.contains_key(&one.id)));
}

#[test]
fn a_clock_that_is_set_back_hides_nothing() {
    let mut log = Log::new();
    log.webhook();
    log.deliver(2);
    let mut reader = Reader::new(&log, PAGE);
    log.now = "2001-01-01T00:00:00Z".parse().unwrap();
    log.deliver(2);
    reader.has_seen(&log);
}

#[test]
fn a_log_that_was_never_so_long_is_another_one() {
    let (mut log, mut other) = (Log::new(), Log::new());
    log.webhook();
    log.deliver(2);
    other.webhook();
    other.deliver(1);
    let mut reader = Reader::new(&log, PAGE);
    assert!(other.store.news(&mut reader.place, &all()).unwrap().is_none());
    assert!(log.store.news(&mut reader.place, &all()).unwrap().is_some());
}

#[test]
fn no_page_reads_the_whole_log() {
    let store = Log::new().store;
    let plan = |sql: &str, values: Vec<Value>| {
        let explained = store.read(|tx| {
            let mut statement = tx.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
            let rows = statement.query_map(params_from_iter(values), |row| row.get(3))?;
            Ok(rows.collect::<rusqlite::Result<Vec<String>>>()?)
        });
        explained.unwrap()
    };
    let time = Some(Timestamp::UNIX_EPOCH);
    let mut plans = 0;
    for permit in [None, Some(Permit::parse("17")), Some(Permit::parse("PTW-2024-001"))] {
        for status in [None, Some(Status::Pending), Some(Status::Success), Some(Status::Failed)] {
            for (webhook, event) in [(None, None), (Some(1), None), (None, Some(EventType::PermitApproved))] {
                for (since, until) in [(None, None), (time, time)] {
                    let permit = permit.clone();
                    let filter = DeliveryFilter { webhook, status, event, permit, since, until, ..all() };
                    for (source, found) in [
                        (
                            Source::Accepted(5, 9),
                            "SEARCH deliveries USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
                        ),
                        (Source::Attempted(5, 9), "SEARCH a USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
                        (
                            Source::Ended(Ending { webhook: 1, after: (5, 9) }),
                            "SEARCH deliveries USING COVERING INDEX deliveries_failed (webhook_id=? AND created_at>?)",
                        ),
                    ] {
                        let (sql, values) = query(source, Paged { filter: &filter, page: PAGE });
                        let plan = plan(&sql, values);
                        assert!(plan.iter().any(|line| line == found), "{source:?}: {plan:#?}");
                        let reads = |line: &&String| {
                            line.starts_with("SCAN") && *line != "SCAN page" || line.contains("TEMP B-TREE")
                        };
                        assert_eq!(plan.iter().find(reads), None, "{source:?} {filter:?}: {plan:#?}");
                        plans += 1;
                    }
                }
            }
        }
    }
    assert_eq!(plans, 216);
}

/// What happens to a log.
#[derive(Debug, Clone, Copy)]
enum Step {
    Accept(usize),
    Claim(usize),
    End(usize, Status),
    Again(usize),
    Prune,
    Delete,
    Create,
    Look,
    CatchUp,
    SetBack,
}

fn step() -> impl Strategy<Value = Step> {
    let status = prop_oneof![Just(Status::Success), Just(Status::Pending), Just(Status::Failed)];
    prop_oneof![
        5 => (1..6_usize).prop_map(Step::Accept),
        5 => (1..8_usize).prop_map(Step::Claim),
        12 => (any::<usize>(), status).prop_map(|(which, status)| Step::End(which, status)),
        2 => any::<usize>().prop_map(Step::Again),
        2 => Just(Step::Prune),
        1 => Just(Step::Delete),
        1 => Just(Step::Create),
        5 => Just(Step::Look),
        2 => Just(Step::CatchUp),
        1 => Just(Step::SetBack),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_left_out_and_nothing_is_shown_twice(
        steps in proptest::collection::vec(step(), 1..80), page in 1..5_u32, begin in 0..20_usize,
    ) {
        let mut log = Log::new();
        let mut webhooks = vec![log.webhook(), log.webhook()];
        let mut reader = None;
        for (index, step) in steps.into_iter().enumerate() {
            if index == begin {
                reader = Some(Reader::new(&log, page));
            }
            match step {
                Step::Accept(count) => log.accept(count),
                Step::Claim(most) => log.claim(most),
                Step::End(which, status) => log.end(which, status),
                Step::Again(which) => {
                    let all = log.all();
                    if !all.is_empty() {
                        // What is being sent is refused.
                        let _ = log.store.owe_again(&[all[which % all.len()].id], log.now);
                    }
                }
                Step::Prune => log.prune(),
                Step::Delete => {
                    if let Some(webhook) = webhooks.pop() {
                        // A late attempt changes nothing that is shown.
                        log.held.retain(|claim| claim.webhook.id != webhook);
                        log.store.delete_webhook(webhook, &Actor::Program, log.now).unwrap();
                    }
                }
                Step::Create => webhooks.push(log.webhook()),
                Step::Look => {
                    if let Some(reader) = &mut reader {
                        reader.look(&log);
                    }
                }
                Step::CatchUp => {
                    if let Some(reader) = &mut reader {
                        reader.has_seen(&log);
                    }
                }
                Step::SetBack => log.now -= SignedDuration::from_hours(48),
            }
        }
        if let Some(mut reader) = reader {
            reader.has_seen(&log);
        }
    }
}
