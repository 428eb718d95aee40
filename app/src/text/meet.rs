//! Sentences about meeting people: introductions, and codes on a screen.

#![allow(missing_docs, reason = "each constant is its own explanation")]

// Introductions that came.
pub const SOMEBODY: &str = "A contact";
pub const HEADING: &str = "Introduced to you";
pub const NOTE: &str = "Accepting makes a contact of them. Declining tells nobody.";

// Introducing.
pub const INTRODUCE: &str = "Introduce to…";
pub const TITLE: &str = "Introduce two people";
pub const TEXT: &str = "What I say of both";
pub const TEXT_HINT: &str = "For example: we met at the tram stop; may be empty";
pub const NOBODY: &str = "There is nobody to choose: both must have heard from you.";
pub const BUTTON: &str = "Introduce";
pub const DONE: &str = "Both are told. Each decides whether to add the other.";

/// What a notice says of an introduction.
pub fn introduces(by: &str, name: &str) -> String {
    format!("{by} introduces {name} to you. See Contacts.")
}

/// Who vouches, and what they say.
pub fn said(by: &str, text: &str) -> String {
    match text {
        "" => format!("{by} introduces them to you."),
        _ => format!("{by} introduces them to you: “{text}”"),
    }
}

/// What an introduction is worth.
pub fn worth(by: &str, name: &str) -> String {
    format!("Only {by} says that this is {name}. Compare the emoji when you meet.")
}

/// What accepting does of somebody who is a contact already.
pub fn known(by: &str, name: &str) -> String {
    format!("You know {name} already. If you accept, {by}’s word for them counts.")
}

/// Accept, said with both names.
pub fn accept(by: &str, name: &str) -> String {
    format!("{} {name}, introduced by {by}", super::contacts::ACCEPT)
}

/// Decline, said with both names.
pub fn decline(by: &str, name: &str) -> String {
    format!("{} {name}, introduced by {by}", super::contacts::DECLINE)
}

/// What to do on the page.
pub fn to_whom(name: &str) -> String {
    format!(
        "Each of the two gets the card of the other, with your word for it. Your contact {name} \
         is told, and the one you choose here:"
    )
}

/// A text that is too long by this much.
pub fn over(bytes: usize) -> String {
    format!("Too long by {bytes} bytes")
}
