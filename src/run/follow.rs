//! `deliveries --follow`: the log as it grows, until somebody ends it or has seen enough.

use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Result;

use super::session::Session;
use super::signals;
use crate::api::DeliveryObject;
use crate::delivery::Delivery;
use crate::error::{Error, Problem, exit};
use crate::hooks::{Follower, MakeFilter};
use crate::output::deliveries;

/// How often it is looked for something new.
const LOOK: Duration = Duration::from_millis(100);

/// Prints the newest deliveries, and then each one that comes or changes.
pub fn follow(session: &mut Session, filter: MakeFilter) -> Result<u8> {
    if session.out.is_one_document() {
        let problem =
            Problem::other("output", "output cannot be `json` with `--follow`: a document has an end");
        return Err(Error::Invalid(vec![problem.hint("`-o ndjson` has an object a line")]).into());
    }
    let signal = signals::listen()?;
    let path = session.database()?;
    session.warn_of_open_modes(&path);
    let mut follower = Follower::new(path, session.config.settings.clone(), filter);
    let mut begun = false;
    while !signal.stop().load(Ordering::Acquire) {
        let seen = follower.look()?;
        if !begun {
            session.out.begin(&deliveries::heading(), &deliveries::table(&[], session.out.look()))?;
            begun = true;
        }
        if let Some(note) = &seen.note {
            session.notes.warn(note);
        }
        for delivery in &seen.deliveries {
            print(session, delivery)?;
        }
        session.out.flush()?;
        if !seen.more && is_closed_within(LOOK)? {
            return Ok(exit::DONE);
        }
    }
    Ok(signal.code().unwrap_or(exit::DONE))
}

fn print(session: &mut Session, delivery: &Delivery) -> io::Result<()> {
    let look = session.out.look();
    let table = deliveries::table(std::slice::from_ref(delivery), look);
    let text = deliveries::line(delivery, look);
    session.out.next(&DeliveryObject::from(delivery), &table, &text)
}

/// Waits; `true` where standard output is a pipe or a terminal that nobody reads from any more. A signal ends the wait.
#[cfg(unix)]
fn is_closed_within(wait: Duration) -> io::Result<bool> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::Errno;

    let stdout = io::stdout();
    let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
    let wait = Timespec { tv_sec: 0, tv_nsec: wait.subsec_nanos().into() };
    match poll(&mut watched, Some(&wait)) {
        Ok(_) => Ok(watched[0].revents().intersects(PollFlags::ERR | PollFlags::HUP)),
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The system cannot tell before something is written.
#[cfg(not(unix))]
fn is_closed_within(wait: Duration) -> io::Result<bool> {
    std::thread::sleep(wait);
    Ok(false)
}
