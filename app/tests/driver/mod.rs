//! Drives a real `starling headless` process over its standard input and output.
//!
//! Every wait has a deadline; whatever arrives meanwhile is kept for later waits.

#![allow(dead_code, reason = "each test file uses its own part of the driver")]

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Long enough for a loaded machine, short enough for a broken one.
pub const DEADLINE: Duration = Duration::from_secs(60);
/// The passphrase of every test profile.
pub const PASSPHRASE: &str = "correct horse battery staple orbit lantern";
/// Lines of a process read ahead of the test.
const LINES_AHEAD_MAX: usize = 65_536;

/// A folder with a passphrase file and one profile folder per name.
pub struct Home(tempfile::TempDir);

impl Home {
    /// A fresh folder, removed at the end of the test.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("passphrase"), PASSPHRASE).unwrap();
        Self(dir)
    }

    /// The profile folder called `name`; not created.
    pub fn profile(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A file in this folder with this text.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// `starling headless` on loopback for the profile called `name`.
    pub fn headless(&self, name: &str, more: &[&str]) -> Process {
        let mut command = starling();
        command
            .arg("headless")
            .arg("--profile")
            .arg(self.profile(name))
            .arg("--passphrase-file")
            .arg(self.0.path().join("passphrase"))
            .args(["--name", name, "--listen", "127.0.0.1:0", "--kdf", "floor"])
            .args(more);
        Process::start(command)
    }
}

/// The program under test.
pub fn starling() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_starling"));
    // No test may open a window on whoever runs it.
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    command
}

/// Runs a command that should end by itself: exit code, standard output, standard error.
pub fn finish(mut command: Command) -> (Option<i32>, String, String) {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let output = child.wait_with_output().unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// A line of standard output, read and as it came.
#[derive(Debug)]
struct Line {
    value: Value,
    text: String,
}

/// A running process. Dropping it kills it.
pub struct Process {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<Line>,
    kept: VecDeque<Line>,
    calls: u64,
}

impl Process {
    fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = sync_channel(LINES_AHEAD_MAX);
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                // Standard output carries JSON only: anything else ends the test here.
                let value = serde_json::from_str(&line).expect("a line of JSON");
                if sender.send(Line { value, text: line }).is_err() {
                    return;
                }
            }
        });
        Self {
            input: child.stdin.take(),
            child,
            lines,
            kept: VecDeque::new(),
            calls: 0,
        }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for `ready` and returns the addresses listened on.
    pub fn ready(&mut self) -> Vec<String> {
        let event = self.event("ready", |_| true);
        serde_json::from_value(event["listen"].clone()).unwrap()
    }

    /// Calls a method and returns its result.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        let mut answer = self.request(method, params);
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].take()
    }

    /// Calls a method that must fail and returns the code of its error.
    pub fn call_refused(&mut self, method: &str, params: Value) -> i64 {
        let answer = self.request(method, params);
        assert!(answer["error"]["message"].is_string(), "{method}: {answer}");
        answer["error"]["code"].as_i64().unwrap()
    }

    /// Calls a method and returns the whole answer.
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        self.calls += 1;
        let id = self.calls;
        let call = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.write(format!("{call}\n").as_bytes());
        self.wait(method, |line| line["id"] == id)
    }

    /// Writes raw bytes to standard input.
    pub fn write(&mut self, bytes: &[u8]) {
        self.try_write(bytes).unwrap();
    }

    /// Writes raw bytes to standard input; an error if nobody reads it any more.
    pub fn try_write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes)?;
        input.flush()
    }

    /// Waits for an event of this type that `matches`, and returns it.
    pub fn event(&mut self, kind: &str, matches: impl Fn(&Value) -> bool) -> Value {
        let mut line = self.wait(kind, |line| {
            line["method"] == "event" && line["params"]["type"] == kind && matches(&line["params"])
        });
        line["params"].take()
    }

    /// Waits for a message with this text in this conversation.
    pub fn message(&mut self, conversation: &str, text: &str) -> Value {
        self.event("message.received", |event| {
            event["conversation"] == conversation && event["text"] == text
        })
    }

    /// The first line, of those kept and those to come, that `matches`.
    pub fn wait(&mut self, what: &str, matches: impl Fn(&Value) -> bool) -> Value {
        self.wait_line(what, |line| matches(&line.value)).value
    }

    /// Waits for a line that reads exactly so.
    pub fn raw(&mut self, text: &str) {
        self.wait_line(text, |line| line.text == text);
    }

    fn wait_line(&mut self, what: &str, matches: impl Fn(&Line) -> bool) -> Line {
        if let Some(index) = self.kept.iter().position(&matches) {
            return self.kept.remove(index).unwrap();
        }
        let deadline = Instant::now() + DEADLINE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) if matches(&line) => return line,
                Ok(line) => self.kept.push_back(line),
                Err(RecvTimeoutError::Timeout) => {
                    panic!("no {what} within {DEADLINE:?}; kept: {:?}", self.kept)
                }
                Err(RecvTimeoutError::Disconnected) => panic!(
                    "ended without {what}: {}; kept: {:?}",
                    self.complaint(),
                    self.kept
                ),
            }
        }
    }

    /// Joins the keyed channel of `phrase` and returns its conversation.
    pub fn join(&mut self, phrase: &str) -> String {
        conversation(&self.call("channels.join", json!({ "phrase": phrase })))
    }

    /// Sends a text; returns once it is acknowledged.
    pub fn send(&mut self, conversation: &str, text: &str) {
        let params = json!({"conversation": conversation, "text": text});
        let result = self.call("messages.send", params);
        assert!(result["message_id"].is_string(), "{result}");
    }

    /// The texts of the newest 200 messages of a conversation, oldest first.
    pub fn texts(&mut self, conversation: &str) -> Vec<String> {
        let params = json!({"conversation": conversation, "limit": 200});
        let page = self.call("messages.list", params);
        let messages = page["messages"].as_array().unwrap();
        messages
            .iter()
            .map(|message| message["text"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Closes standard input.
    pub fn close_input(&mut self) {
        self.input = None;
    }

    /// Closes standard input and returns how the process ended.
    pub fn end_input(mut self) -> ExitStatus {
        self.close_input();
        self.exit()
    }

    /// Reads standard output no more: the pipe breaks after the next line.
    pub fn drop_reader(&mut self) {
        let (_, nothing) = sync_channel(1);
        self.lines = nothing;
    }

    /// Waits for the end of the process.
    pub fn exit(mut self) -> ExitStatus {
        let (done, finished) = sync_channel::<()>(1);
        let pid = self.child.id();
        let watch = std::thread::spawn(move || {
            let late = finished.recv_timeout(DEADLINE) == Err(RecvTimeoutError::Timeout);
            if late {
                signal("KILL", pid);
            }
            late
        });
        let status = self.child.wait().unwrap();
        drop(done);
        assert!(!watch.join().unwrap(), "did not end within {DEADLINE:?}");
        status
    }

    /// Sends SIGTERM and returns how the process ended.
    pub fn terminate(self) -> ExitStatus {
        self.ask_to_end();
        self.exit()
    }

    /// Sends SIGTERM.
    pub fn ask_to_end(&self) {
        signal("TERM", self.child.id());
    }

    /// Asks to join the keyed channel of `phrase`, and waits for nothing.
    pub fn begin_join(&mut self, id: &str, phrase: &str) {
        let params = json!({ "phrase": phrase });
        let call = json!({"jsonrpc": "2.0", "id": id, "method": "channels.join", "params": params});
        self.write(format!("{call}\n").as_bytes());
    }

    /// Sends SIGKILL and waits for the end.
    pub fn kill(mut self) {
        self.kill_in_place();
    }

    /// The same where another process takes this one's place.
    pub fn kill_in_place(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn complaint(&mut self) -> String {
        let mut text = String::new();
        if let Some(mut errors) = self.child.stderr.take() {
            // What cannot be read is not there: the test fails either way.
            let _ = errors.read_to_string(&mut text);
        }
        text
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail when the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The conversation in the answer to a join or a create.
pub fn conversation(answer: &Value) -> String {
    answer["conversation"].as_str().unwrap().to_owned()
}

/// Whether a profile folder holds anything.
pub fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none())
}

fn signal(name: &str, pid: u32) {
    // Of the shell itself: a bare system has no program for it.
    let status = Command::new("sh")
        .args(["-c", &format!("kill -{name} {pid}")])
        .status()
        .unwrap();
    assert!(status.success());
}
