//! The fake node's passphrase and lock.

use mesh_core::api::{Answer, Command, CommandError, Event};

use super::FakeState;

impl FakeState {
    pub(super) fn vault(&mut self, command: &Command) -> Result<Answer, CommandError> {
        match command {
            Command::Lock { .. } => self.events.push_back(Event::Locked),
            Command::Unlock { passphrase, .. } => {
                self.knows(&passphrase.0)?;
                self.events.push_back(Event::Unlocked);
            }
            Command::ChangePassphrase { old, new, .. } => {
                self.knows(&old.0)?;
                self.passphrase = new.0.to_string();
            }
            Command::SetDuress { own, duress, .. } => {
                self.knows(&own.0)?;
                let taken = duress.as_ref().map(|(second, _)| second.0.as_str());
                if taken == Some(self.passphrase.as_str()) {
                    return Err(CommandError::PassphraseTaken);
                }
            }
            _ => {}
        }
        Ok(Answer::Done)
    }

    fn knows(&self, typed: &str) -> Result<(), CommandError> {
        match typed == self.passphrase {
            true => Ok(()),
            false => Err(CommandError::WrongPassphrase),
        }
    }
}
