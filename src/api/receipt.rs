//! The objects of what a receiver on this machine has got. Pure.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::{micros, raw};
use crate::receipt::{Proof, Proofs, Receipt};
use crate::signature::diagnosis::Cause;

/// One thing that keeps a signature from being right.
#[derive(Debug, Serialize)]
pub struct CauseObject<'a> {
    cause: &'a str,
    mend: &'a str,
}

impl<'a> From<&'a Cause> for CauseObject<'a> {
    fn from(cause: &'a Cause) -> Self {
        Self { cause: &cause.what, mend: &cause.mend }
    }
}

#[derive(Debug, Serialize)]
struct ProofObject<'a> {
    verdict: &'static str,
    causes: Vec<CauseObject<'a>>,
}

impl<'a> From<&'a Proof> for ProofObject<'a> {
    fn from(proof: &'a Proof) -> Self {
        Self { verdict: proof.name(), causes: proof.causes().iter().map(CauseObject::from).collect() }
    }
}

/// A request that came.
#[derive(Debug, Serialize)]
pub struct ReceiptObject<'a> {
    #[serde(serialize_with = "micros")]
    at: Timestamp,
    method: &'a str,
    path: &'a str,
    event: Option<&'a str>,
    permit: Option<String>,
    delivery: Option<&'a str>,
    id: Option<&'a str>,
    again: bool,
    x_athens_signature: ProofObject<'a>,
    webhook_signature: ProofObject<'a>,
    answered: Option<u16>,
    headers: &'a [(String, String)],
    bytes: usize,
    body: Cow<'a, str>,
}

impl<'a> ReceiptObject<'a> {
    /// A request with what is to be said of its signatures; `again` says whether its id came before.
    pub fn new(receipt: &'a Receipt, proofs: &'a Proofs, again: bool) -> Self {
        Self {
            at: receipt.at,
            method: &receipt.method,
            path: &receipt.path,
            event: receipt.header("x-athens-event"),
            permit: receipt.permit(),
            delivery: receipt.header("x-athens-delivery"),
            id: receipt.header("webhook-id"),
            again,
            x_athens_signature: (&proofs.athens).into(),
            webhook_signature: (&proofs.standard).into(),
            answered: receipt.answered,
            headers: &receipt.headers,
            bytes: receipt.body.len(),
            body: raw(&receipt.body),
        }
    }
}

/// What came in all.
#[derive(Debug, Default, Clone, Serialize)]
pub struct SummaryObject {
    /// How many requests.
    pub requests: u64,
    /// Of those, how many had two right signatures.
    pub right: u64,
    /// How many had one that was wrong or missing.
    pub wrong: u64,
    /// How many had an id that came before.
    pub again: u64,
    /// How many were answered with each status, and under `reset` how many connections were reset instead.
    pub answered: BTreeMap<String, u64>,
}

/// The last requests, and what came in all.
#[derive(Debug, Serialize)]
pub struct ReceiptsObject<'a> {
    /// The last requests, the oldest first.
    pub requests: Vec<ReceiptObject<'a>>,
    /// Those and the ones before them.
    pub summary: &'a SummaryObject,
}
