//! Why the program ends with an error: one line and an exit code.

use core::fmt;
use std::process::ExitCode;

use mesh_core::node::NodeError;

/// What a person did to no effect, or what broke underway.
#[derive(Debug)]
pub(crate) struct Failure {
    sentence: String,
    code: u8,
}

impl Failure {
    /// Arguments, a profile or a passphrase that cannot be used: exit code 2.
    pub(crate) fn usage(sentence: impl Into<String>) -> Self {
        Self::new(sentence.into(), 2)
    }

    /// Something failed that was begun properly: exit code 1.
    pub(crate) fn running(sentence: impl Into<String>) -> Self {
        Self::new(sentence.into(), 1)
    }

    /// The exit code that says which of the two it was.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }

    fn new(sentence: String, code: u8) -> Self {
        // One line, whatever a library put into its message.
        let sentence = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
        Self { sentence, code }
    }
}

impl From<NodeError> for Failure {
    fn from(error: NodeError) -> Self {
        match error {
            NodeError::InUse { .. }
            | NodeError::WrongPassphrase
            | NodeError::Exists
            | NodeError::Absent
            | NodeError::Name { .. }
            | NodeError::PassphraseEmpty
            | NodeError::Unreadable { .. } => Self::usage(error.to_string()),
            _ => Self::running(error.to_string()),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_in_a_message_are_folded() {
        let failure = Failure::running("first\n  second\r\nthird");
        assert_eq!(failure.to_string(), "first second third");
    }

    #[test]
    fn what_a_person_can_mend_is_two_and_what_broke_is_one() {
        assert_eq!(Failure::from(NodeError::WrongPassphrase).code, 2);
        let held = NodeError::InUse {
            holder: "process 1".into(),
        };
        assert_eq!(Failure::from(held).code, 2);
        assert_eq!(Failure::from(NodeError::Start("no".into())).code, 1);
    }
}
