//! Outbound webhooks for permit-to-work systems: a webhook is defined once, permit events are signed and
//! sent to it, every attempt is logged, and what could not be delivered stays in the file.
//!
//! # Words
//!
//! | word | meaning |
//! |---|---|
//! | webhook | the stored definition: name, URL, secret, events, project |
//! | event | one thing that happened to one permit, with its exact body bytes |
//! | delivery | one event owed to one webhook, from acceptance to `success` or `failed` |
//! | attempt | one HTTP request made for a delivery |
//! | secret, signature | the shared key, and the proof derived from it |
//! | token | what lets another program use the REST API |
//!
//! # The way of one event
//!
//! ```text
//! arguments | JSON ─▶ NewEvent ─▶ Event          checked as a whole, the body built once
//!    store.accept     the event, what it owes, and what was suppressed and why: one transaction, one fsync
//!    dispatcher       held by a lease ─▶ signed ─▶ sent ─▶ Outcome ─▶ attempt and next state recorded
//! Vec<Delivery> ─▶ table | JSON ─▶ exit code
//! ```
//!
//! Nothing is sent that is not on the disk already, and no transaction is open while a request is under way.
//! A request that fails is data ([`delivery::Outcome`]), not an error. A process that dies between sending
//! and recording leaves a delivery whose lease ends; it is then sent again with the same id and body.
//!
//! One thread of a run leads: round after round it records what has ended, accepts what is fed and claims what
//! is due, in one transaction. Up to 64 others send. What is claimed waits in a lane for each webhook, so that a
//! slow receiver holds up nobody else. A webhook with a rate takes turns, which are given out in the file and so
//! bind all processes; at an ordered one, what is pending for a permit stands in a line, of which only the first
//! may be claimed.
//!
//! While a secret is rotated, a webhook has two, and one of them leads. A request that the receiver refuses is made
//! once more with the other one, within the same attempt; where that is accepted, the other one leads, unless the
//! rotation has ended meanwhile or is another one.
//!
//! `server` has the same verbs for programs: an HTTP request becomes a call of one method. Events that arrive
//! together are handed to the leading thread of its worker, share one transaction, and are answered when that is on
//! the disk, whatever waits to be sent.
//!
//! # The map
//!
//! | module | what is in it |
//! |---|---|
//! | [`error`], [`time`] | what went wrong and how to mend it; times as people write them |
//! | [`file`](mod@file) | files that somebody has named: bounded, and never a pipe |
//! | [`payload`], [`event`] | the body in its canonical form; the catalogue of events |
//! | [`signature`] | secrets, both signatures, and why one is not right |
//! | [`webhook`], [`delivery`] | definitions and who changed them; what was owed, sent and answered |
//! | [`definition`] | webhooks as a file: how it is read and written, and the plan that applying it follows |
//! | [`explanation`], [`stats`] | why an event was sent to a webhook or was not; how deliveries fared |
//! | [`incident`] | which receivers fail for a while, and what is told about it |
//! | [`token`] | who may use the REST API, and how they are known again |
//! | [`retry`], [`request`], [`advice`], [`api`] | when again; what goes over the wire; what to do; JSON |
//! | [`upkeep`] | what may be removed, and what a check of the file and of what is around it found |
//! | [`probe`] | what a look at a receiver found, step by step |
//! | [`sender`] | the only outbound HTTP |
//! | [`notifier`] | runs the command that is told of failures |
//! | [`store`] | the only SQL |
//! | [`dispatcher`] | sends what is held, records what came of it; lanes keep receivers out of each other's way |
//! | [`hooks`] | every verb of the product, one method each |
//! | [`output`], [`config`], [`cli`] | tables and JSON; settings; arguments |
//! | [`receipt`], [`receiver`] | a request as a receiver sees it; a receiver on this machine, for `listen` and `demo` |
//! | `server` | the REST API: routes, tokens, answers; it calls the same verbs |
//! | [`run`] | from a command to a verb to its output |
//!
//! # The direction of imports
//!
//! ```text
//! main ─▶ run ─▶ cli, config, output, receiver, server, hooks
//!                                       server ─▶ hooks ─▶ dispatcher ─▶ store, sender
//! ```
//!
//! Everything else is pure and lies below: it depends on values only, and takes the clock, randomness and
//! the environment as parameters. rusqlite appears in `store` alone, ureq in `sender`, comfy-table in
//! `output`, hyper and tokio in `server`, clap in `cli` and `run`. A test reads the sources and holds these lines. To add a verb, write
//! its arguments in `cli`, its line in `run`, its method in `hooks` and its SQL in `store`.

pub mod advice;
pub mod api;
pub mod cli;
pub mod config;
pub mod definition;
pub mod delivery;
pub mod dispatcher;
pub mod error;
pub mod event;
pub mod explanation;
pub mod file;
pub mod hooks;
pub mod incident;
pub mod notifier;
pub mod output;
pub mod payload;
pub mod probe;
pub mod receipt;
pub mod receiver;
pub mod request;
pub mod retry;
pub mod run;
pub mod sender;
#[cfg(feature = "serve")]
pub mod server;
pub mod signature;
pub mod stats;
pub mod store;
pub mod time;
pub mod token;
pub mod upkeep;
pub mod webhook;
