//! The table `attempts`: every request that was made, and what came back.

use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde::Serialize;

use super::column;
use crate::delivery::{Answer, AnswerLength, Attempt, Outcome, OutcomeKind, Phase, Signing};
use crate::webhook::Generation;

/// Stores an attempt; its number follows from those before it. A worker that comes back late may bring one whose
/// delivery was pruned meanwhile: nothing is left that it could belong to.
pub(super) fn insert(tx: &Transaction, delivery: i64, attempt: &Attempt) -> rusqlite::Result<()> {
    let outcome = &attempt.outcome;
    let answer = outcome.answer.as_ref();
    let (length, complete) = match answer.map(|answer| answer.length) {
        Some(AnswerLength::Exactly(bytes)) => (Some(bytes), Some(true)),
        Some(AnswerLength::MoreThan(bytes)) => (Some(bytes), Some(false)),
        None => (None, None),
    };
    // A receiver may announce more than SQLite's integers hold.
    let length = length.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
    tx.prepare_cached(
        "INSERT INTO attempts (delivery_id, started_at, duration_us, outcome, phase, error, url, request_headers,
                               status_code, answer_headers, answer_body, answer_length, answer_complete,
                               signed_with, refused_status)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15
         WHERE EXISTS (SELECT 1 FROM deliveries WHERE id = ?1)",
    )?
    .execute(params![
        delivery,
        column::millis(attempt.started_at),
        column::micros(outcome.duration),
        outcome.kind.name(),
        outcome.phase.name(),
        outcome.error,
        attempt.url,
        to_json(&attempt.headers)?,
        answer.map(|answer| answer.status),
        answer.map(|answer| to_json(&answer.headers)).transpose()?,
        answer.map(|answer| &answer.body),
        length,
        complete,
        attempt.signing.map(|signing| signing.with.name()),
        attempt.signing.and_then(|signing| signing.refused),
    ])?;
    Ok(())
}

fn to_json(pairs: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(pairs).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

/// The attempts of a delivery, the first one first.
pub(super) fn of_delivery(tx: &Transaction, delivery: i64) -> rusqlite::Result<Vec<Attempt>> {
    let mut attempts: Vec<Attempt> = tx
        .prepare_cached(
            "SELECT started_at, duration_us, outcome, phase, error, url, request_headers, status_code,
                    answer_headers, answer_body, answer_length, answer_complete, signed_with, refused_status
             FROM attempts WHERE delivery_id = ?1 ORDER BY id",
        )?
        .query_map([delivery], from_row)?
        .collect::<rusqlite::Result<_>>()?;
    for (number, attempt) in (1..).zip(&mut attempts) {
        attempt.number = number;
    }
    Ok(attempts)
}

/// How the last attempt of a delivery ended.
pub(super) fn last_outcome(tx: &Transaction, delivery: i64) -> rusqlite::Result<Option<OutcomeKind>> {
    tx.prepare_cached("SELECT outcome FROM attempts WHERE delivery_id = ?1 ORDER BY id DESC LIMIT 1")?
        .query_row([delivery], |row| {
            column::named(0, &OutcomeKind::ALL, OutcomeKind::name, &row.get::<_, String>(0)?)
        })
        .optional()
}

fn from_row(row: &Row) -> rusqlite::Result<Attempt> {
    let answer = match row.get::<_, Option<u16>>(7)? {
        None => None,
        Some(status) => {
            let bytes = u64::try_from(row.get::<_, Option<i64>>(10)?.unwrap_or(i64::MAX)).unwrap_or_default();
            let complete = row.get::<_, bool>(11)?;
            Some(Answer {
                status,
                headers: column::pairs_from_json(8, &row.get::<_, String>(8)?)?,
                body: row.get(9)?,
                length: if complete { AnswerLength::Exactly(bytes) } else { AnswerLength::MoreThan(bytes) },
            })
        }
    };
    let signing = match row.get::<_, Option<String>>(12)? {
        None => None,
        Some(name) => Some(Signing {
            with: column::named(12, &Generation::ALL, Generation::name, &name)?,
            refused: row.get(13)?,
        }),
    };
    Ok(Attempt {
        number: 0,
        started_at: column::time(0, row.get(0)?)?,
        url: row.get(5)?,
        headers: column::pairs_from_json(6, &row.get::<_, String>(6)?)?,
        outcome: Outcome {
            kind: column::named(2, &OutcomeKind::ALL, OutcomeKind::name, &row.get::<_, String>(2)?)?,
            phase: column::named(3, &Phase::ALL, Phase::name, &row.get::<_, String>(3)?)?,
            error: row.get(4)?,
            answer,
            duration: column::duration(row.get(1)?),
        },
        signing,
    })
}
