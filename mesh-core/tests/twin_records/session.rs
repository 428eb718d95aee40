//! Sessions: what each side sent, and what each delivery did. Steps are played in
//! order; a skip is a number of messages that are sealed and never delivered.

use mesh_core::crypto::session::{Parties, Position, SealError, Session};
use mesh_core::types::Wall;
use mesh_core::wire::envelope::Class;
use rand_core::Rng as _;
use serde_json::{Value, json};

use crate::people::{header, one_time_prekey, with};
use crate::record::{Case, Layout, Scripted, chosen, chosen_bytes, hex};

const START_MS: u64 = 1_796_256_000_000;
const LIFE_MS: u64 = 96 * 3_600_000;

struct Side {
    session: Session,
    /// A chain of theirs began since we last sealed: the next message begins one.
    is_due: bool,
    /// The newest message that came.
    newest: Option<Position>,
}

impl Side {
    fn new(session: Session) -> Self {
        Self {
            session,
            is_due: false,
            newest: None,
        }
    }

    /// Skipped keys held: what is watched and is not ahead.
    fn skipped(&self) -> usize {
        let is_behind = |at: Position| self.newest.is_some_and(|newest| at < newest);
        self.session.tags().filter(|(_, at)| is_behind(*at)).count()
    }
}

/// Plays steps and completes each with what came of it.
struct Player {
    a: Side,
    b: Side,
    header: [u8; 16],
    sent: Vec<Vec<u8>>,
}

impl Player {
    fn new(case: Case<'_>) -> Self {
        let ids = case.get("card_ids");
        let parties = Parties::new(&ids.array("a"), &ids.array("b"));
        let (secret, prekey) = (case.secret("secret"), case.bytes("prekey_private"));
        let public = one_time_prekey(super::people::DAY, &prekey, &[0; 16]).public();
        let mut rng = Scripted::new(&[&case.bytes("ratchet_private")]);
        let a = Session::initiate(&secret, public, parties, &mut rng).unwrap();
        rng.done();
        let b = Session::answer(&secret, case.secret("prekey_private"), parties);
        Self {
            a: Side::new(a),
            b: Side::new(b),
            header: case.array("header"),
            sent: Vec::new(),
        }
    }

    fn side(&mut self, who: &str) -> &mut Side {
        match who {
            "a" => &mut self.a,
            "b" => &mut self.b,
            other => panic!("no side {other}"),
        }
    }

    /// The step with its outputs.
    fn play(&mut self, step: Case<'_>) -> Value {
        let outputs = match step.text("op") {
            "drop" => json!({}),
            "inject" => {
                self.sent.push(step.bytes("envelope"));
                json!({})
            }
            "send" => self.send(step),
            "deliver" => self.deliver(step),
            "skip" => {
                let (header, count) = (self.header, step.int::<usize>("count"));
                let side = self.side(step.text("who"));
                let mut rng = Scripted::new(&vec![&[0; 8][..]; count]);
                for _ in 0..count {
                    side.session.seal(&mut rng, header, 480, b"").unwrap();
                }
                rng.done();
                json!({})
            }
            "blocked" => {
                let header = self.header;
                let session = &mut self.side(step.text("who")).session;
                let sealed = session.seal(&mut Scripted::new(&[]), header, 480, b"");
                json!({"result": match sealed {
                    Err(SealError::Waiting) => "waiting",
                    Err(SealError::Unanswered) => "unanswered",
                    other => panic!("{other:?}"),
                }})
            }
            "acknowledge" => {
                let session = &mut self.side(step.text("who")).session;
                session.acknowledge(step.int("seq")).unwrap();
                json!({})
            }
            other => panic!("no step {other}"),
        };
        with(step.0.clone(), outputs)
    }

    fn send(&mut self, step: Case<'_>) -> Value {
        let header = self.header;
        let side = self.side(step.text("who"));
        assert_eq!(side.is_due, step.has("ratchet_private"), "a key is due");
        side.is_due = false;
        let mut rng = Scripted::new(&[&step.bytes("ratchet_private"), &step.bytes("salt")]);
        let (size, data) = (step.int("size"), step.bytes("data"));
        let sealed = side.session.seal(&mut rng, header, size, &data).unwrap();
        rng.done();
        // What was recorded is what travels, so that each side is judged alone.
        let travels = step.has("envelope").then(|| step.bytes("envelope"));
        self.sent
            .push(travels.unwrap_or_else(|| sealed.envelope.clone()));
        json!({"envelope": hex(&sealed.envelope), "seq": sealed.seq})
    }

    fn deliver(&mut self, step: Case<'_>) -> Value {
        let mut envelope = self.sent[step.int::<usize>("message")].clone();
        if step.has("flip") {
            let bit: usize = step.int("flip");
            envelope[bit / 8] ^= 1 << (bit % 8);
        }
        let now = Wall(step.number("at_ms"));
        let side = self.side(step.text("who"));
        side.session.expire(now);
        let watched = side
            .session
            .tags()
            .find(|(tag, _)| *tag == envelope[16..32]);
        let rounds = side.session.rounds();
        let outputs = match (watched, side.session.open(now, &envelope)) {
            (Some((_, at)), Ok(opening)) => {
                let outputs = json!({
                    "result": "opened",
                    "opened": hex(opening.data()),
                    "seq": opening.seq(),
                });
                opening.commit();
                side.newest = side.newest.max(Some(at));
                outputs
            }
            (Some(_), Err(_)) => json!({"result": "refused"}),
            (None, Err(_)) => json!({"result": "miss"}),
            (None, Ok(_)) => panic!("what is not watched opened"),
        };
        side.is_due |= side.session.rounds() > rounds;
        with(outputs, json!({"skipped": side.skipped()}))
    }
}

fn build(case: Case<'_>) -> Value {
    let mut player = Player::new(case);
    let steps: Vec<Value> = case.items("steps").map(|step| player.play(step)).collect();
    json!({"steps": steps})
}

/// Every opened message says what was sent, and some messages opened.
fn opens(case: Case<'_>) {
    let steps: Vec<Case<'_>> = case.items("steps").collect();
    let is = |step: &&Case<'_>, op: &str| step.text("op") == op;
    let is_sent = |step: &&Case<'_>| is(step, "send") || is(step, "inject");
    let sent: Vec<_> = steps.iter().filter(is_sent).collect();
    let opened = steps
        .iter()
        .filter(|step| is(step, "deliver") && step.text("result") == "opened");
    let is_forged = sent.iter().any(|step| step.text("op") == "inject");
    let mut count = 0;
    for step in opened {
        let message = sent[step.int::<usize>("message")];
        count += 1;
        // A forged message says what it likes, and what comes behind it counts on.
        if message.text("op") == "send" {
            assert_eq!(step.bytes("opened"), message.bytes("data"));
            let is_as_sent = step.number("seq") == message.number("seq");
            assert!(is_as_sent || is_forged, "{:?}", step.0);
        }
    }
    assert!(count > 0, "nothing opened");
}

/// Writes a run; whether a message begins a chain is found by playing it.
struct Writer {
    case: Value,
    steps: Vec<Value>,
    player: Player,
}

impl Writer {
    fn new(name: &str) -> Self {
        let drawn = |what: &str| chosen(&format!("session {name} {what}"), 32);
        let case = json!({
            "case": name,
            "secret": drawn("secret"),
            "card_ids": {"a": drawn("card a"), "b": drawn("card b")},
            "prekey_private": drawn("prekey"),
            "ratchet_private": drawn("ratchet"),
            "header": header(Class::Text, 7),
        });
        Self {
            player: Player::new(Case(&case)),
            steps: Vec::new(),
            case,
        }
    }

    fn add(&mut self, step: Value) -> Value {
        let played = self.player.play(Case(&step));
        self.steps.push(step);
        played
    }

    /// The number of the message.
    fn send(&mut self, who: &str, size: usize, data: &[u8]) -> usize {
        let number = self.player.sent.len();
        let name = format!("session {} {number}", self.case["case"]);
        let mut step = json!({
            "op": "send",
            "who": who,
            "size": size,
            "salt": chosen(&format!("{name} salt"), 8),
            "data": hex(data),
        });
        if self.player.side(who).is_due {
            let private = chosen(&format!("{name} ratchet"), 32);
            step = with(step, json!({"ratchet_private": private}));
        }
        self.add(step);
        number
    }

    fn say(&mut self, who: &str) -> usize {
        let data = format!("{who} says {}", self.player.sent.len());
        self.send(who, 480, data.as_bytes())
    }

    fn skip(&mut self, who: &str, count: usize) {
        self.add(json!({"op": "skip", "who": who, "count": count}));
    }

    fn blocked(&mut self, who: &str) {
        self.add(json!({"op": "blocked", "who": who}));
    }

    fn acknowledge(&mut self, who: &str, seq: u32) {
        self.add(json!({"op": "acknowledge", "who": who, "seq": seq}));
    }

    fn deliver(&mut self, who: &str, message: usize, at_ms: u64, flip: Option<usize>) -> Value {
        self.add(json!({
            "op": "deliver",
            "who": who,
            "message": message,
            "at_ms": at_ms,
            "flip": flip,
        }))
    }

    fn give(&mut self, who: &str, message: usize) -> Value {
        self.deliver(who, message, START_MS, None)
    }

    fn done(self) -> Value {
        with(self.case, json!({"steps": self.steps}))
    }
}

fn other(who: &str) -> &'static str {
    if who == "a" { "b" } else { "a" }
}

/// Both write at will; messages are lost, late, repeated and altered.
fn at_will() -> Value {
    let mut run = Writer::new("at will");
    let mut rng = mesh_core::testing::rng(20_790);
    let mut below = |n: u32| rng.next_u32() % n;
    let (mut due, mut now_ms) = (Vec::new(), START_MS);
    let first = run.say("a");
    run.deliver("b", first, now_ms, None);
    for turn in 0..170 {
        now_ms += u64::from(below(90_000));
        if turn < 140 {
            let who = ["a", "b"][below(2) as usize];
            let message = if below(12) == 0 {
                let data = chosen_bytes(&format!("at will {turn}"), below(1_811) as usize);
                run.send(who, 1_920, &data)
            } else {
                run.say(who)
            };
            match below(10) {
                0 => drop(run.add(json!({"op": "drop", "message": message}))),
                1 => due.extend([(turn, who, message), (turn + below(30), who, message)]),
                _ => due.push((turn + [0, 0, 2, 30][below(4) as usize], who, message)),
            }
        }
        let (now, later) = due.into_iter().partition(|(at, _, _)| *at <= turn);
        due = later;
        let now: Vec<(u32, &str, usize)> = now;
        for (_, who, message) in now.into_iter().rev() {
            if below(8) == 0 {
                let flip = below(8 * 480) as usize;
                run.deliver(other(who), message, now_ms, Some(flip));
            }
            run.deliver(other(who), message, now_ms, None);
        }
    }
    run.done()
}

/// The far edge of sending and of the windows, and 512 keys of a gap.
fn far_apart() -> Value {
    let mut run = Writer::new("far apart");
    run.blocked("b");
    let first = run.say("a");
    run.skip("a", 446);
    let (lost, kept) = (run.say("a"), run.say("a"));
    run.skip("a", 511);
    let anchor = run.say("a");
    run.skip("a", 62);
    let last = run.say("a");
    run.blocked("a");
    for message in [last, anchor, lost, kept, first, last] {
        run.give("b", message);
    }
    run.acknowledge("a", 1_023);
    let answer = run.say("b");
    run.give("a", answer);
    let next = run.say("a");
    run.give("b", next);
    run.done()
}

/// More keys than a session keeps: the oldest go.
fn many_skipped() -> Value {
    let mut run = Writer::new("many skipped");
    let first = run.say("a");
    run.give("b", first);
    let mut late = Vec::new();
    for step in 1..=5 {
        let before = run.say("a");
        run.skip("a", 510);
        late.push(before);
        let found = run.say("a");
        run.give("b", found);
        run.acknowledge("a", step * 512);
    }
    for message in late {
        run.give("b", message);
    }
    run.done()
}

/// More chains with keys than a session keeps: the oldest goes.
fn many_chains() -> Value {
    let mut run = Writer::new("many chains");
    let mut late = Vec::new();
    for turn in 0..67 {
        if turn < 4 {
            late.push(run.say("a"));
        } else {
            // A chain is not begun by a message that is not recorded.
            late.truncate(4);
        }
        let message = run.say("a");
        if turn >= 4 {
            run.skip("a", 1);
        }
        run.give("b", message);
        let answer = run.say("b");
        run.give("a", answer);
    }
    for message in late {
        run.give("b", message);
    }
    run.done()
}

/// The end of a chain comes after its successor, at the end of its time and after.
fn late() -> Value {
    let mut run = Writer::new("late");
    let sent: Vec<usize> = (0..4).map(|_| run.say("a")).collect();
    run.give("b", sent[0]);
    let answer = run.say("b");
    run.give("a", answer);
    let next = run.say("a");
    run.deliver("b", next, START_MS + 5, None);
    run.deliver("b", sent[2], START_MS + LIFE_MS + 4, None);
    run.deliver("b", sent[3], START_MS + LIFE_MS + 5, None);
    run.done()
}

fn cases() -> Vec<Value> {
    vec![
        at_will(),
        far_apart(),
        many_skipped(),
        many_chains(),
        late(),
    ]
}

pub(crate) fn layouts() -> Vec<Layout> {
    vec![Layout {
        name: "session",
        cases,
        build,
        opens,
    }]
}
