//! Definitions of webhooks as a file: reading and writing one, and the plan that makes the webhooks what it declares.
//! Where a secret is found is named in the file; the secret itself never is. Pure.

mod difference;
pub mod members;
mod plan;
mod read;
mod reference;
mod syntax;
mod value;
mod write;

use crate::error::Problem;
use crate::signature::Secret;
use crate::webhook::{NewWebhook, headers};

pub use difference::{Difference, Shown};
pub use plan::{Plan, Scope, Step, plan};
pub use read::read;
pub use reference::{HOW, Names, Reference, names};
pub use syntax::LARGEST;
pub use value::{Members, Value};
pub use write::{document, members_of, toml};

/// What a file says of one webhook.
#[derive(Debug, Clone)]
pub struct Definition {
    /// Where it stands: the line, and the name.
    pub place: String,
    /// What is declared, in the form in which it is stored, without the secret and the values of headers.
    pub new: NewWebhook,
    /// Where the secret is found; `None` where the file does not say.
    pub secret: Option<Reference>,
    /// The same for the value of each header.
    pub headers: Vec<Option<Reference>>,
}

/// What is at the place that a reference names.
pub enum Found {
    /// This text.
    Text(String),
    /// Nothing: the variable is not set, the file is not there; a sentence.
    Missing(String),
    /// Something that cannot be used; a sentence.
    Unusable(String),
}

/// How a secret or the value of a header is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// It was found where the file says.
    Known,
    /// The file does not say where it is.
    Left,
    /// There is nothing where the file says; a sentence.
    Missing(String),
}

/// A definition with what its references led to.
#[derive(Debug, Clone)]
pub struct Desired {
    /// Where it stands in the file.
    pub place: String,
    /// What is declared. The secret is one that was just generated where the file does not name one.
    pub new: NewWebhook,
    /// How the secret is known.
    pub secret: Origin,
    /// How the value of each header is known.
    pub headers: Vec<Origin>,
}

impl Definition {
    /// The definition with what its references lead to by `look`; `fresh` is the secret of a webhook for which the file
    /// names none, if it is created.
    ///
    /// # Errors
    /// A problem for each thing that was found and cannot be used.
    pub fn resolve(
        self,
        mut look: impl FnMut(&Reference) -> Found,
        fresh: Secret,
    ) -> Result<Desired, Vec<Problem>> {
        let Self { place, mut new, secret, headers } = self;
        let mut problems = Vec::new();
        let mut find =
            |member: &'static str, reference: Option<Reference>| match reference.as_ref().map(&mut look) {
                None => (Origin::Left, None),
                Some(Found::Text(text)) => (Origin::Known, Some(text)),
                Some(Found::Missing(why)) => (Origin::Missing(why), None),
                Some(Found::Unusable(why)) => {
                    problems.push(Problem::other(member, why));
                    (Origin::Left, None)
                }
            };
        let (secret, text) = find("secret", secret);
        let mut origins = Vec::new();
        for (header, reference) in new.headers.iter_mut().zip(headers) {
            let (origin, text) = find("headers", reference);
            header.value = text.unwrap_or_default();
            origins.push(origin);
        }
        new.secret = match text.map(Secret::new) {
            None => fresh,
            Some(Ok(secret)) => secret,
            Some(Err(problem)) => {
                problems.push(problem);
                fresh
            }
        };
        problems.extend(headers::check(&new.headers));
        if problems.is_empty() {
            Ok(Desired { place, new, secret, headers: origins })
        } else {
            Err(problems.into_iter().map(|problem| problem.at(&place)).collect())
        }
    }
}

#[cfg(test)]
mod tests;
