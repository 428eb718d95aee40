//! `people.sealed` as a file, and when it is written. What stands in it is
//! `store/copy.rs`, how it is sealed `crypto/copy.rs`.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

use crate::crypto::copy::{SEALED_COPY_BYTES_MAX, open_copy, seal_copy};
use crate::crypto::secret::Secret;
use crate::engine::Engine;
use crate::limits::PEOPLE_COPY_DELAY_MS;
use crate::store::PeopleCopy;
use crate::types::Mono;

use super::driver::Driver;
use super::{entropy, vault};

pub(super) const PEOPLE: &str = "people.sealed";

/// When the copy is to be written.
#[derive(Debug, Default)]
pub(super) struct CopyTimer {
    /// What the engine had committed at the last writing.
    written: u64,
    /// None while nothing may have changed.
    pub(super) at: Option<Mono>,
}

impl CopyTimer {
    /// Whoever is asked next gives another count: write once more.
    pub(super) fn begin_anew(&mut self) {
        *self = Self::default();
    }
}

/// What was written last, not to write the same again. Secret.
#[derive(Default)]
pub(super) struct LastCopy(Zeroizing<Vec<u8>>);

impl LastCopy {
    /// Writes the copy if it differs from the last one.
    pub(super) fn write(
        &mut self,
        folder: &Path,
        database_key: &Secret<32>,
        copy: &PeopleCopy,
    ) -> std::io::Result<()> {
        let too_large = || std::io::Error::other("there are too many people to be copied");
        let data = copy.encode().ok_or_else(too_large)?;
        if data == self.0 && folder.join(PEOPLE).exists() {
            return Ok(());
        }
        let sealed = seal_copy(&mut entropy::system(), database_key, &data);
        vault::write_durably(folder, PEOPLE, &sealed.ok_or_else(too_large)?)?;
        self.0 = data;
        Ok(())
    }
}

/// The copy in a folder; `None` if there is none that this key opens.
pub(super) fn read(folder: &Path, database_key: &Secret<32>) -> Option<PeopleCopy> {
    let file = File::open(folder.join(PEOPLE)).ok()?;
    let mut sealed = Vec::new();
    file.take(SEALED_COPY_BYTES_MAX as u64 + 1)
        .read_to_end(&mut sealed)
        .ok()?;
    PeopleCopy::decode(&open_copy(database_key, &sealed)?)
}

impl Driver {
    /// Writes the copy if something in it may have changed and its time has come.
    pub(super) fn tend_copy(&mut self) {
        let now = self.clock.now().mono;
        let revision = self.engine.as_ref().map_or(0, Engine::profile_revision);
        let timer = &mut self.state.copy;
        if revision != timer.written && timer.at.is_none() {
            timer.at = Some(now.plus_ms(PEOPLE_COPY_DELAY_MS));
        }
        if timer.at.is_some_and(|at| at <= now) {
            self.write_copy();
        }
    }

    /// Writes the copy at once, if something in it may have changed: its keys are about
    /// to go. A disk that refuses is asked again later; the database has everything.
    pub(super) fn write_copy(&mut self) {
        let Some(engine) = &self.engine else {
            return;
        };
        let revision = engine.profile_revision();
        if revision == self.state.copy.written {
            return;
        }
        let copy = engine.people_copy().map_err(|error| error.to_string());
        let written = copy.and_then(|copy| match copy {
            Some(copy) => {
                let kept = self.keeper.keep_people(&copy);
                kept.map_err(|error| super::folder::plain(&error))
            }
            None => Ok(()),
        });
        self.state.copy.at = None;
        match written {
            Ok(()) => self.state.copy.written = revision,
            Err(error) => tracing::warn!(%error, "the copy of contacts was not written"),
        }
    }
}

#[cfg(test)]
mod tests;
