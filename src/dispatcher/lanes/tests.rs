//! Lanes by themselves, at moments that the tests choose.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::lane::WIDEST;
use super::*;
use crate::event::{Event, Identity};
use crate::signature::Secret;
use crate::webhook::NewWebhook;

fn claim(webhook: i64, delivery: i64) -> Claim {
    let now = Timestamp::UNIX_EPOCH;
    let new = NewWebhook::plain("x", "http://127.0.0.1/", Secret::unchecked("s".into()));
    let mut made = new.validate(now).unwrap();
    made.id = webhook;
    let event = Event::test(None, Identity { now, random: [0; 10] }).unwrap();
    Claim {
        delivery,
        fence: 1,
        attempt: 1,
        lease_until: Timestamp::MAX,
        turn: Duration::ZERO,
        webhook: Arc::new(made),
        event: Arc::new(event),
    }
}

fn now() -> Instant {
    Instant::now()
}

#[test]
fn what_has_a_turn_waits_for_it_and_holds_up_nobody() {
    let mut lanes = Lanes::default();
    let start = now();
    let later = |delivery, turn| Claim { turn, ..claim(1, delivery) };
    let turn = Duration::from_secs(3);
    lanes.extend(vec![later(10, turn), later(11, turn * 2), claim(2, 20)], start);
    assert_eq!(lanes.take(start).unwrap().delivery, 20);
    assert!(lanes.take(start).is_none() && !lanes.is_busy() && !lanes.is_idle());
    assert_eq!(lanes.next_turn(), Some(start + turn));
    assert_eq!(lanes.take(start + turn).unwrap().delivery, 10);
    assert!(lanes.take(start + turn).is_none());
    assert_eq!(lanes.drain().len(), 1);
    assert_eq!(lanes.next_turn(), None);
}

#[test]
fn lanes_take_turns() {
    let mut lanes = Lanes::default();
    for (webhook, delivery) in [(1, 10), (1, 11), (1, 12), (2, 20), (3, 30)] {
        lanes.extend(vec![claim(webhook, delivery)], now());
    }
    let order: Vec<_> = std::iter::from_fn(|| lanes.take(now())).map(|claim| claim.delivery).collect();
    assert_eq!(order, [10, 20, 30, 11, 12]);
    assert!(!lanes.is_idle());
}

#[test]
fn a_lane_that_times_out_ends_up_with_one_request_at_a_time_and_recovers() {
    let mut lanes = Lanes::default();
    for delivery in 0..200 {
        lanes.extend(vec![claim(1, delivery)], now());
    }
    let mut under_way = 0;
    while lanes.take(now()).is_some() {
        under_way += 1;
    }
    assert_eq!(under_way, WIDEST / 2);
    for _ in 0..under_way {
        lanes.done(1, Some((OutcomeKind::Timeout, Duration::from_secs(10))));
    }
    assert!(lanes.take(now()).is_some());
    assert!(lanes.take(now()).is_none(), "a dead receiver has one request at a time");
    for _ in 0..100 {
        lanes.done(1, Some((OutcomeKind::Delivered, Duration::from_millis(1))));
        lanes.take(now()).unwrap();
    }
    assert!(lanes.take(now()).is_some(), "a receiver that answers again gets more");
}

#[test]
fn no_more_is_claimed_than_a_lane_can_use() {
    let mut lanes = Lanes::default();
    let unknown = lanes.room(1);
    assert!((WIDEST / 2..200).contains(&unknown), "{unknown}");
    lanes.extend((0..20).map(|delivery| claim(1, delivery)).collect(), now());
    assert_eq!(lanes.room(1), unknown - 20);
    let mut answer = |took| {
        for _ in 0..60 {
            lanes.extend(vec![claim(1, 1)], now());
            lanes.take(now()).unwrap();
            lanes.done(1, Some((OutcomeKind::Delivered, took)));
        }
        lanes.room(1) + 20
    };
    assert_eq!(answer(Duration::from_micros(500)), DEEPEST);
    assert_eq!(answer(Duration::from_secs(2)), WIDEST);
    assert_eq!(lanes.drain().len(), 20);
    assert!(lanes.is_idle());
}
