//! The real binary in a sandbox, against real receivers.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

mod answers;
mod architecture;
mod batches;
mod configuration;
mod crashes;
mod creating;
mod damage;
mod database;
mod egress;
mod egress_names;
mod exchange;
mod exit_codes;
mod failing;
mod fanout;
mod files;
mod giving_up;
mod help;
mod output;
mod payloads;
mod pruning;
mod receiver;
mod redelivering;
mod reference;
mod retrying;
mod rules;
mod sandbox;
mod secrets;
mod sending;
mod stalling;
mod steps;
mod tls;
mod vectors;
mod verifiers;
mod webhooks;
mod workers;
