//! Events: what a caller gives to emit one, and the event that results. Pure.

mod catalogue;
mod json;

use jiff::Timestamp;
use jiff::tz::Offset;

use crate::error::{Error, Fault, Problem, Result};
use crate::payload::{self, DataInput, Head, MAX_SAFE_INTEGER};

pub use catalogue::{EventType, nearest};

/// What a caller gives, unchecked: every field as it was written.
#[derive(Debug, Clone, Default)]
pub struct NewEvent {
    /// The name of the event.
    pub event: String,
    /// The permit's id, as the literal that was given.
    pub permit_id: String,
    /// The permit's number, such as `PTW-2024-001`.
    pub permit_number: String,
    /// The project that the permit belongs to, as the literal that was given.
    pub project_id: Option<String>,
    /// When it happened, RFC 3339; now, if it is not given.
    pub timestamp: Option<String>,
    /// The members of `data`.
    pub data: DataInput,
    /// Replaces the default key by which a second emission is recognised.
    pub idempotency_key: Option<String>,
}

/// One thing that happened to one permit, with the exact bytes that say so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// `evt_` and 26 characters; unique, sorts by time of acceptance.
    pub id: String,
    /// What happened.
    pub event: EventType,
    /// When it happened, whole seconds.
    pub timestamp: Timestamp,
    /// The permit's id.
    pub permit_id: i64,
    /// The permit's number.
    pub permit_number: String,
    /// The project that the permit belongs to.
    pub project_id: Option<i64>,
    /// What is signed and sent, on every attempt.
    pub body: Vec<u8>,
    /// By this key a webhook recognises the event as one that it was already sent.
    pub dedupe_key: String,
}

/// What makes an event this one: its moment of acceptance and its randomness, given by the edge.
#[derive(Debug, Clone, Copy)]
pub struct Identity {
    /// The moment of acceptance.
    pub now: Timestamp,
    /// Random bytes for the id.
    pub random: [u8; 10],
}

impl Event {
    /// Checks all that was given and builds the event, its body included.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every problem at once.
    pub fn new(new: &NewEvent, identity: Identity) -> Result<Self> {
        let mut problems = Vec::new();
        let mut keep = |problem| problems.push(problem);
        let event =
            check_text("event", &new.event, 100).and_then(|()| EventType::from_input("event", &new.event));
        let event = event.map_err(&mut keep).ok();
        let permit_id = integer("permit_id", &new.permit_id).map_err(&mut keep).ok();
        let project_id =
            new.project_id.as_deref().map(|id| integer("project_id", id)).transpose().map_err(&mut keep).ok();
        check_text("permit_number", &new.permit_number, 200).map_err(&mut keep).ok();
        if let Some(key) = &new.idempotency_key {
            check_text("idempotency_key", key, 255).map_err(&mut keep).ok();
        }
        let timestamp = match &new.timestamp {
            Some(text) => timestamp(text).map_err(&mut keep).ok(),
            None => Some(whole_seconds(identity.now)),
        };
        let data = payload::data(&new.data).map_err(|found| found.into_iter().for_each(&mut keep)).ok();
        let (Some(event), Some(permit_id), Some(project_id), Some(timestamp), Some(data), true) =
            (event, permit_id, project_id, timestamp, data, problems.is_empty())
        else {
            return Err(Error::Invalid(problems));
        };
        let dedupe_key =
            new.idempotency_key.clone().unwrap_or_else(|| default_dedupe_key(event, permit_id, timestamp));
        let mut event = Self {
            id: event_id(identity),
            event,
            timestamp,
            permit_id,
            permit_number: new.permit_number.clone(),
            project_id,
            body: Vec::new(),
            dedupe_key,
        };
        event.body = payload::body(&event.head(), &data).map_err(|problem| Error::Invalid(vec![problem]))?;
        Ok(event)
    }

    /// The `webhook_test` event with sample permit data; never a duplicate of another.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the sample cannot be built, which would be a fault of this crate.
    pub fn test(project_id: Option<i64>, identity: Identity) -> Result<Self> {
        let sample = sample(EventType::PermitApproved.name());
        let data = payload::data(&sample.data).map_err(Error::Invalid)?;
        let id = event_id(identity);
        let mut event = Self {
            dedupe_key: format!("test:{id}"),
            id,
            event: EventType::WebhookTest,
            timestamp: whole_seconds(identity.now),
            permit_id: 123,
            permit_number: sample.permit_number,
            project_id,
            body: Vec::new(),
        };
        event.body = payload::body(&event.head(), &data).map_err(|problem| Error::Invalid(vec![problem]))?;
        Ok(event)
    }
}

impl Event {
    fn head(&self) -> Head<'_> {
        Head {
            event: self.event.name(),
            timestamp: self.timestamp,
            permit_id: self.permit_id,
            permit_number: &self.permit_number,
            project_id: self.project_id,
        }
    }

    /// Whether another emission says the same of the same permit; the time within the hour may differ.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.event == other.event
            && self.permit_id == other.permit_id
            && self.permit_number == other.permit_number
            && self.project_id == other.project_id
            && self.data() == other.data()
    }

    /// The part of the body that is its `data`.
    fn data(&self) -> &[u8] {
        self.body.get(self.head().text().len()..).unwrap_or_default()
    }
}

/// A Hot Work permit as an example: what `test`, `demo` and the documentation send.
pub fn sample(event: &str) -> NewEvent {
    let member = |key: &str, value: &str| Ok((key.to_owned(), payload::Member::Text(value.to_owned())));
    NewEvent {
        event: event.to_owned(),
        permit_id: "123".to_owned(),
        permit_number: "PTW-2024-001".to_owned(),
        data: DataInput {
            json: None,
            members: vec![
                member("status", "approved"),
                member("permit_type", "Hot Work"),
                member("location", "Building A - Level 3"),
                member("risk_level", "high"),
                member("approved_by", "John Doe"),
                member("comments", "Approved with conditions"),
            ],
        },
        ..NewEvent::default()
    }
}

/// `EVENT:PERMIT_ID:YYYYMMDDHH`, the hour in UTC: the same event for the same permit, once an hour.
fn default_dedupe_key(event: EventType, permit_id: i64, timestamp: Timestamp) -> String {
    let hour = timestamp.strftime("%Y%m%d%H");
    format!("{}:{permit_id}:{hour}", event.name())
}

/// An integer that every JSON reader carries exactly, from the literal that was given.
///
/// # Errors
/// A problem of `field` for anything else.
pub fn integer(field: &'static str, literal: &str) -> std::result::Result<i64, Problem> {
    if literal.trim().is_empty() {
        return Err(Problem { field, fault: Fault::Blank });
    }
    literal
        .parse::<i64>()
        .ok()
        .filter(|n| (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).contains(n))
        .ok_or_else(|| Problem { field, fault: Fault::Integer(literal.to_owned()) })
}

/// Text that is there and not too long.
///
/// # Errors
/// A problem of `field` where it is blank or has more than `max` characters.
pub fn check_text(field: &'static str, text: &str, max: usize) -> std::result::Result<(), Problem> {
    if text.trim().is_empty() {
        return Err(Problem { field, fault: Fault::Blank });
    }
    if text.chars().count() > max {
        return Err(Problem { field, fault: Fault::TooLong(max) });
    }
    Ok(())
}

fn timestamp(text: &str) -> std::result::Result<Timestamp, Problem> {
    let at: Timestamp = text.trim().parse().map_err(|_| {
        Problem::other("timestamp", format!("timestamp cannot be `{text}`: it is not RFC 3339"))
            .hint("write it with its offset, such as `2024-01-15T10:30:00Z` or `2024-01-15T12:30:00+02:00`")
    })?;
    let year = Offset::UTC.to_datetime(at).year();
    if !(1..=9999).contains(&year) {
        return Err(Problem::other(
            "timestamp",
            format!("timestamp cannot be `{text}`: the year has four digits"),
        ));
    }
    Ok(whole_seconds(at))
}

fn whole_seconds(at: Timestamp) -> Timestamp {
    // Towards the past, also before 1970: a truncated time never lies in the next second.
    let floor = at.as_millisecond().div_euclid(1000);
    Timestamp::from_second(floor).unwrap_or(at)
}

/// `evt_` and the 48 bits of the time in milliseconds, then 80 random bits, in Crockford's base 32: ids
/// that are made one after the other stand side by side in the index.
fn event_id(identity: Identity) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let millis = identity.now.as_millisecond().cast_unsigned() & 0xffff_ffff_ffff;
    let mut bits = u128::from(millis);
    for byte in identity.random {
        bits = (bits << 8) | u128::from(byte);
    }
    let digits = (0..26).rev().map(|place| {
        let index = usize::try_from((bits >> (5 * place)) & 31).unwrap_or_default();
        char::from(ALPHABET[index])
    });
    "evt_".chars().chain(digits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity { now: "2024-01-15T10:30:00.999Z".parse().unwrap(), random: [7; 10] }
    }

    #[test]
    fn every_problem_is_reported_at_once() {
        let new = NewEvent {
            event: "permit_aproved".into(),
            permit_id: "9007199254740992".into(),
            permit_number: "  ".into(),
            project_id: Some("x".into()),
            timestamp: Some("yesterday".into()),
            data: DataInput { json: Some("[]".into()), members: vec![] },
            idempotency_key: Some(String::new()),
        };
        let Err(Error::Invalid(problems)) = Event::new(&new, identity()) else { panic!("accepted") };
        let fields: Vec<_> = problems.iter().map(|p| p.field).collect();
        assert_eq!(
            fields,
            ["event", "permit_id", "project_id", "permit_number", "idempotency_key", "timestamp", "data"]
        );
    }

    #[test]
    fn the_time_is_normalised_to_utc_seconds_and_the_key_names_its_hour() {
        let mut new = sample("permit_approved");
        new.timestamp = Some("2024-01-15T12:30:00.75+02:00".into());
        let event = Event::new(&new, identity()).unwrap();
        assert_eq!(event.timestamp.to_string(), "2024-01-15T10:30:00Z");
        assert_eq!(event.dedupe_key, "permit_approved:123:2024011510");
        new.timestamp = None;
        assert_eq!(Event::new(&new, identity()).unwrap().timestamp, event.timestamp);
    }

    #[test]
    fn the_sample_has_the_documented_bytes() {
        let mut new = sample("permit_approved");
        new.timestamp = Some("2024-01-15T10:30:00Z".into());
        new.project_id = Some("5".into());
        let event = Event::new(&new, identity()).unwrap();
        assert_eq!(
            String::from_utf8(event.body.clone()).unwrap(),
            r#"{"event":"permit_approved","timestamp":"2024-01-15T10:30:00Z","permit_id":123,"permit_number":"PTW-2024-001","project_id":5,"data":{"status":"approved","permit_type":"Hot Work","location":"Building A - Level 3","risk_level":"high","approved_by":"John Doe","comments":"Approved with conditions"}}"#
        );
        assert!(event.data().starts_with(b"{\"status\":"));
    }

    #[test]
    fn the_test_event_is_no_duplicate_and_cannot_be_emitted() {
        let first = Event::test(Some(5), identity()).unwrap();
        let second = Event::test(Some(5), Identity { random: [8; 10], ..identity() }).unwrap();
        assert_ne!(first.dedupe_key, second.dedupe_key);
        assert!(Event::new(&sample("webhook_test"), identity()).is_err());
    }

    #[test]
    fn ids_sort_by_time_and_differ_by_chance() {
        let first = event_id(identity());
        assert_eq!(first.len(), 30);
        let later = event_id(Identity { now: "2024-01-15T10:30:01Z".parse().unwrap(), random: [0; 10] });
        assert!(later > first, "{later} {first}");
        assert_ne!(first, event_id(Identity { random: [8; 10], ..identity() }));
    }

    #[test]
    fn integers_end_where_javascript_does() {
        assert_eq!(integer("permit_id", "-9007199254740991"), Ok(-MAX_SAFE_INTEGER));
        for bad in ["9007199254740992", "1.0", "", "0x1", "99999999999999999999"] {
            assert!(integer("permit_id", bad).is_err(), "{bad}");
        }
    }
}
