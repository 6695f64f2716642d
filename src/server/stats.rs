//! The operation that counts.

use http::StatusCode;
use jiff::Timestamp;

use super::answer::Answer;
use super::call::Call;
use super::{deliveries, messages, pages};
use crate::api::StatsObject;
use crate::stats::Window;

/// As far back as is looked where nobody says how far.
const SINCE: &str = "24h";

/// `GET stats/`
pub fn show(call: &Call) -> Result<Answer, Answer> {
    let mut problems = messages::Problems::new();
    let until = Timestamp::now();
    let only = call.read(&mut problems, "webhook", pages::integer);
    let since = call.read(&mut problems, "since", |text| deliveries::moment(text, until));
    if !problems.is_empty() {
        return Err(Answer::fields(&problems));
    }
    let since = match since {
        Some(since) => since,
        None => deliveries::moment(SINCE, until).map_err(|error| Answer::unforeseen(&error))?,
    };
    if let Some(id) = only {
        // One that whoever asks may not see is none, as in every other list that is filtered.
        let seen = call.app.hooks.webhook(id)?.filter(|webhook| call.sees(webhook));
        if seen.is_none() {
            return Ok(Answer::json(StatusCode::OK, &[(); 0]));
        }
    }
    let found = call.app.hooks.stats(only, call.project(), Window { since, until })?;
    let objects: Vec<_> = found.iter().map(StatsObject::from).collect();
    Ok(Answer::json(StatusCode::OK, &objects))
}
