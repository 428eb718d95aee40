//! Sentences about groups: who is in one, what one may do there, and cutting somebody off.

#![allow(missing_docs, reason = "each constant is its own explanation")]

use mesh_core::types::Role;

pub const KIND: &str = "Group";
pub const ABOUT: &str = "About this group…";
pub const ABOUT_SHORT: &str = "Members…";
pub const WORKING: &str = "One moment…";
pub const DONE: &str = "Done";
pub const LOADING: &str = "Asking who is in this group…";

// A new group.
pub const NEW: &str = "New group…";
pub const NEW_TITLE: &str = "New group";
pub const NEW_TEXT: &str =
    "Only its members can read a group. You can add people and cut people off at any time.";
pub const NAME: &str = "Name of the group";
pub const NAME_HINT: &str = "The others see it when they come in";
pub const WHO: &str = "Who is to be in it";
pub const NEW_NOTE: &str = "Each comes in as soon as their laptop answers. Those whom you ask in now will read what you write before that when they come in.";
pub const CREATE: &str = "Create group";
pub const NO_CONTACTS: &str = "A group is made of people you know. First add a person: share your card, or open the link of theirs.";
pub const ADD_PERSON: &str = "Add a person…";

// The page of a group.
pub const TITLE: &str = "About this group";
pub const MEMBERS: &str = "Members";
pub const INVITED: &str = "Asked in";
pub const INVITED_NOTE: &str = "asked, has not answered yet";
pub const YOU: &str = "you";
pub const NO_NAME: &str = "no name yet";
pub const OWNER: &str = "Owner";
pub const ADMIN: &str = "Admin";
pub const MEMBER: &str = "Member";
pub const CONTACT: &str = "your contact";
pub const ADD: &str = "Add somebody…";
pub const ARRESTED: &str = "Arrested…";
pub const REMOVE: &str = "Remove…";
pub const MAKE_ADMIN: &str = "Make admin";
pub const MAKE_MEMBER: &str = "Make member";
pub const WITHOUT: &str = "Continue without…";
pub const PERSON: &str = "About this person…";
pub const RENAME: &str = "What I call this group";
pub const RENAME_HINT: &str = "Only you see this";
pub const SAVE: &str = "Save";
pub const LEAVE: &str = "Leave group…";
pub const AWAITS_REMOVAL: &str =
    "Another admin wants them removed. They are cut off as soon as you remove them, too.";
pub const KEYS_COMING: &str =
    "New keys are on their way; what you write now goes out in half a minute or so.";
pub const GONE: &str = "You are not in this group any more.";
pub const GONE_NOTE: &str =
    "You can still read what came before. Nothing new arrives, and nobody reads what you write.";

// Adding somebody.
pub const ADD_TITLE: &str = "Add somebody";
pub const ADD_TEXT: &str = "They read what is written from the moment they come in, and what had not gone out to anybody by then; nothing else from before.";
pub const ADD_NONE: &str = "Everybody whom you know is in this group or was asked in already.";

// Really?
pub const REMOVE_TITLE: &str = "Remove this person?";
pub const REMOVE_SENIOR: &str =
    "They may do as much as you here: another admin must remove them, too.";
pub const REMOVE_KEYS: &str = "They read nothing of those who know of it. Whoever has not heard of it yet may still write to them. What they have read, they have read.";
pub const REMOVE_TOLD: &str = "Everybody in the group can see that you removed them.";
pub const ARRESTED_TITLE: &str = "Someone was arrested";
pub const ARRESTED_READ: &str = "Whoever has their laptop reads nothing new there of those who know of it. Whoever has not heard of it yet may still write to them.";
pub const ARRESTED_SIGN: &str =
    "Where another admin must agree, you sign now, and they have to do the same.";
pub const ARRESTED_KEPT: &str = "What was on their laptop may already be known. Tell the others.";
pub const WITHOUT_TITLE: &str = "Continue without this person?";
pub const WITHOUT_NEW: &str = "A new group is made, with the same people but one.";
pub const WITHOUT_OLD: &str =
    "Nothing of yours goes to the old group any more. You can still read what came before.";
pub const WITHOUT_TOLD: &str = "The others find the new group in their list.";

// What came of an arrest.
pub const CAME_TITLE: &str = "What was done";
pub const CAME_SIGNED_NOTE: &str = "Another admin must remove them there, too: tell one of them.";
pub const CAME_LEFT_NOTE: &str = "You may not remove anybody there, or it could not be done now. Try once more, ask an admin, or continue in a new group.";
pub const CAME_NOTHING: &str = "They are in no group with you any more.";
pub const CAME_UNKNOWN: &str = "It cannot be told which member of that group they are.";

// Leaving.
pub const LEAVE_POINTS: [&str; 3] = [
    "The others are told that you left.",
    "The messages here are deleted from this laptop, for good.",
    "Somebody in the group must add you again if you want to come back.",
];

pub const NO_MESSAGES: &str = "Only the members can read what is written here.";

/// What a role is called.
pub fn role(role: Role) -> &'static str {
    match role {
        Role::Owner => OWNER,
        Role::Admin => ADMIN,
        Role::Member => MEMBER,
    }
}

/// Who can read a group.
pub fn readers(count: usize) -> String {
    match count {
        0 | 1 => "Only you can read this".to_owned(),
        _ => format!("{count} people can read this"),
    }
}

/// What we may do.
pub fn our_role(role: Role) -> &'static str {
    match role {
        Role::Owner => "You founded this group: you add and remove people, and name admins",
        Role::Admin => "You are an admin: you add and remove people",
        Role::Member => "You are a member: admins add and remove people",
    }
}

/// A contact took us in.
pub fn taken_in(name: &str) -> String {
    format!("You are in the group “{name}” now. Look who else is in it before you write.")
}

/// How many were ticked.
pub fn chosen(count: usize) -> String {
    match count {
        0 => "Nobody chosen yet: you can add people later".to_owned(),
        1 => "1 person chosen".to_owned(),
        _ => format!("{count} people chosen"),
    }
}

/// What a screen reader says of a member.
pub fn spoken_member(name: &str, signs: &str) -> String {
    format!("{name}, {signs}")
}

/// Opens the page about an arrest, said with the name.
pub fn arrested(name: &str) -> String {
    format!("{name} was arrested…")
}

/// Opens what else can be done about a member, said with the name.
pub fn more(name: &str) -> String {
    format!("More about {name}")
}

/// Asks a contact in, said with the name.
pub fn add(name: &str) -> String {
    format!("Add {name}")
}

/// Removes, said with the name.
pub fn remove(name: &str) -> String {
    format!("Remove {name}")
}

/// What is about to happen.
pub fn removes(name: &str) -> String {
    format!("{name} is cut off from this group.")
}

/// Removes everywhere, said with the name.
pub fn cut_off(name: &str) -> String {
    format!("Cut {name} off")
}

/// What is about to happen.
pub fn cuts_off(name: &str) -> String {
    format!("Cut {name} off in every group where you know them as a contact and may.")
}

/// Goes on in another group, said with the name.
pub fn without(name: &str) -> String {
    format!("Continue without {name}")
}

/// The same where several groups are offered.
pub fn without_in(name: &str, group: &str) -> String {
    format!("Continue without {name} in {group}")
}

/// A number of groups, and which.
pub fn cut_off_in(groups: &[String]) -> String {
    format!("Cut off in {}", counted(groups))
}

/// The same where one signature is not enough.
pub fn signed_in(groups: &[String]) -> String {
    format!("You signed in {}", counted(groups))
}

/// The same where nothing can be done but go on without them.
pub fn left_in(groups: &[String]) -> String {
    format!("You can only continue without them in {}", counted(groups))
}

fn counted(groups: &[String]) -> String {
    let word = if groups.len() == 1 { "group" } else { "groups" };
    format!("{} {word}: {}", groups.len(), groups.join(", "))
}
