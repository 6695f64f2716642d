//! The verb that follows the log, whatever happens to the file meanwhile: it is locked, gone for a while, or another
//! one.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::{Hooks, Settings};
use crate::delivery::{Delivery, DeliveryFilter};
use crate::error::{Error, Result};
use crate::store::{FileId, Place, Store, file_id};

/// How long a file that cannot be used is borne, once the log was followed: it may be written at this moment.
const PATIENCE: Duration = Duration::from_secs(10);
/// What lasts shorter is not worth a word.
const UNSAID: Duration = Duration::from_secs(1);

/// Makes the filter, for which it may have to look up a webhook.
pub type MakeFilter<'a> = &'a dyn Fn(&Hooks) -> Result<DeliveryFilter>;

/// Follows the log of the file at a path.
pub struct Follower<'a> {
    path: PathBuf,
    settings: Settings,
    filter: MakeFilter<'a>,
    followed: Option<Followed>,
    /// Whether the log was followed before; then it is worth waiting for it.
    ever: bool,
    trouble: Option<Trouble>,
}

/// The file that is open.
struct Followed {
    hooks: Hooks,
    id: FileId,
    filter: DeliveryFilter,
    place: Place,
    /// As of when the log was read to its end.
    version: i64,
    more: bool,
    /// Where it does not see what others write: as of when the file was opened.
    glance: Option<Written>,
}

/// When a file was written last, as far as that is known, and its length.
type Written = Option<(SystemTime, u64)>;

/// The times of a file are this exact at least.
const EXACT: Duration = Duration::from_secs(1);

/// What keeps the log from being read, since when, and whether it was said.
struct Trouble {
    since: Instant,
    said: Option<String>,
}

/// What a look at the log found.
#[derive(Debug, Default)]
pub struct Seen {
    /// Deliveries that came or changed, each as it stands now.
    pub deliveries: Vec<Delivery>,
    /// Whether there is more already.
    pub more: bool,
    /// What is to be said of the file.
    pub note: Option<String>,
}

impl<'a> Follower<'a> {
    /// Follows the log of the file at `path`; nothing is opened yet.
    pub fn new(path: PathBuf, settings: Settings, filter: MakeFilter<'a>) -> Self {
        Self { path, settings, filter, followed: None, ever: false, trouble: None }
    }

    /// What has come since the last look: first the newest of the log, the oldest of them first. It never waits.
    ///
    /// # Errors
    /// `NotFound` and `Storage` where the log cannot be followed from the beginning; later only where it cannot be read
    /// for more than 10 seconds for a reason that does not pass by itself. What the filter says.
    pub fn look(&mut self) -> Result<Seen> {
        let now = file_id(&self.path);
        let (Some(followed), Some(id)) = (&mut self.followed, now) else {
            return match (now, self.ever) {
                (None, true) => {
                    Ok(self.wait(format!("there is no database at `{}` now", self.path.display())))
                }
                _ => self.open(),
            };
        };
        let same = followed.id.file == id.file;
        if followed.glance.is_some_and(|as_of| same && (followed.id != id || is_new(&self.path, as_of))) {
            if let Err(error) = followed.open_again(&self.path) {
                return self.bear(error);
            }
        } else if followed.id != id {
            self.followed = None;
            return self.open();
        }
        match followed.news() {
            Ok(Some(seen)) => {
                self.trouble = None;
                Ok(seen)
            }
            Ok(None) => {
                self.followed = None;
                self.open()
            }
            Err(error) => {
                if let Some(as_of) = &mut followed.glance {
                    // Somebody may have written at this very moment.
                    *as_of = None;
                } else if !matches!(error, Error::Unavailable(_)) {
                    self.followed = None;
                }
                self.bear(error)
            }
        }
    }

    fn open(&mut self) -> Result<Seen> {
        let before = file_id(&self.path);
        let as_of = written(&self.path);
        let opened = Store::open_to_follow(&self.path).and_then(|(store, sees)| {
            let hooks = Hooks::new(store, self.settings.clone());
            let version = hooks.store.version()?;
            let filter = (self.filter)(&hooks)?;
            let (deliveries, place) = hooks.store.end_of_log(&filter)?;
            let glance = (!sees).then_some(as_of);
            Ok((
                Followed {
                    hooks,
                    id: before.unwrap_or_default(),
                    filter,
                    place,
                    version,
                    more: false,
                    glance,
                },
                deliveries,
            ))
        });
        match opened {
            Ok((mut followed, deliveries)) => {
                let now = file_id(&self.path);
                let Some(id) = now.filter(|id| before.is_some_and(|before| before.file == id.file)) else {
                    // It was replaced at this moment; the next look finds the other one.
                    return Ok(Seen::default());
                };
                followed.id = id;
                self.followed = Some(followed);
                let another =
                    format!("`{}` is another file now: its newest deliveries follow", self.path.display());
                let note = self.ever.then_some(another);
                (self.ever, self.trouble) = (true, None);
                Ok(Seen { deliveries, more: false, note })
            }
            Err(Error::NotFound(report)) if self.ever && file_id(&self.path).is_none() => {
                Ok(self.wait(report.message))
            }
            Err(error) => self.bear(error),
        }
    }

    /// Waits for what may pass; the error where it does not.
    fn bear(&mut self, error: Error) -> Result<Seen> {
        let lasts = self.trouble.as_ref().map_or(Duration::ZERO, |trouble| trouble.since.elapsed());
        match &error {
            Error::Unavailable(_) => Ok(self.wait(error.to_string())),
            Error::Storage(_) | Error::NotFound(_) if self.ever && lasts < PATIENCE => {
                Ok(self.wait(error.to_string()))
            }
            _ => Err(error),
        }
    }

    /// Nothing for now; why is said once, if it lasts.
    fn wait(&mut self, why: String) -> Seen {
        let trouble = self.trouble.get_or_insert_with(|| Trouble { since: Instant::now(), said: None });
        let tell = trouble.since.elapsed() >= UNSAID && trouble.said.as_ref() != Some(&why);
        let note = tell.then(|| format!("{why}; waiting"));
        if tell {
            trouble.said = Some(why);
        }
        Seen { note, ..Seen::default() }
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        if file_id(self.hooks.path()) != Some(self.id) {
            // A failure leaves what SQLite guards against by itself.
            let _ = self.hooks.store.let_go();
        }
    }
}

/// When the file was written last, as the system says.
fn written(path: &Path) -> Written {
    let found = fs::metadata(path).ok()?;
    Some((found.modified().ok()?, found.len()))
}

/// Whether the file was written since, or may have been.
fn is_new(path: &Path, as_of: Written) -> bool {
    let now = written(path);
    let settled = now.is_some_and(|(at, _)| at.elapsed().is_ok_and(|elapsed| elapsed > EXACT));
    now != as_of || !settled
}

impl Followed {
    /// Opens the same file again, to see what was written since.
    fn open_again(&mut self, path: &Path) -> Result<()> {
        let as_of = written(path);
        let (store, sees) = Store::open_to_follow(path)?;
        self.hooks.store = store;
        self.glance = (!sees).then_some(as_of);
        self.id = file_id(path).filter(|id| id.file == self.id.file).unwrap_or(self.id);
        // Whatever number the new connection gives to what it sees.
        self.more = true;
        Ok(())
    }

    /// `None` where it is another log now.
    fn news(&mut self) -> Result<Option<Seen>> {
        let version = self.hooks.store.version()?;
        if version == self.version && !self.more {
            return Ok(Some(Seen::default()));
        }
        let Some(news) = self.hooks.store.news(&mut self.place, &self.filter)? else { return Ok(None) };
        (self.version, self.more) = (version, news.more);
        let note = news.lost.then(|| {
            "so much was pruned at once that attempts of earlier deliveries may not be shown; `ptw-hooks deliveries` \
             has where they stand"
                .to_owned()
        });
        Ok(Some(Seen { deliveries: news.deliveries, more: news.more, note }))
    }
}
