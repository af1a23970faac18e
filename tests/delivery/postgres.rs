//! The bridge as a process on a database: moved there from a file, and restored there from a dump.

use std::{
    path::Path,
    process::{Command, Output},
    sync::atomic::{AtomicU32, Ordering},
};

use serde_json::Value;

use crate::{
    accepted, agent_says, bridge::World, cluster::Cluster, handover_of, of_type, said, server,
    texts, vendors::Call,
};

/// Databases of a test's own, gone with it.
struct Databases {
    cluster: Cluster,
    names: Vec<String>,
}

impl Databases {
    fn new() -> Self {
        Self {
            cluster: Cluster::join(),
            names: Vec::new(),
        }
    }

    fn make(&mut self) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("d{}_{count}", std::process::id());
        self.cluster.psql(
            "postgres",
            &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
        );
        self.cluster.psql(
            "postgres",
            &format!("CREATE DATABASE {name} STRATEGY file_copy"),
        );
        self.names.push(name.clone());
        name
    }

    /// Runs one of PostgreSQL's own programs on a database.
    fn run(&self, program: &str, database: &str, arguments: &[&str]) -> Output {
        let socket = self.cluster.socket();
        let output = Command::new(server::programs().join(program))
            .args(["-U", "bridge", "-h"])
            .arg(socket.parent().unwrap())
            .args(["-d", database])
            .args(arguments)
            .output()
            .unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{program}: {complaint}");
        output
    }
}

impl Drop for Databases {
    fn drop(&mut self) {
        for name in &self.names {
            let gone = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            self.cluster.psql("postgres", &gone);
        }
    }
}

fn logged(lines: &[Value], beginning: &str) -> Vec<Value> {
    let begins = |line: &&Value| {
        let message = line["message"].as_str();
        message.is_some_and(|message| message.starts_with(beginning))
    };
    lines.iter().filter(begins).cloned().collect()
}

/// The id under which a text was sent last.
fn id_of(calls: &[Call], text: &str) -> String {
    let of_text = |call: &&Call| texts(std::slice::from_ref(call)) == [text];
    let call = calls.iter().rev().find(of_text);
    call.unwrap().id.clone()
}

fn how_often(calls: &[Call], text: &str) -> usize {
    let taken: Vec<Call> = calls
        .iter()
        .filter(|call| call.status == 200)
        .cloned()
        .collect();
    texts(&taken).iter().filter(|known| **known == text).count()
}

#[tokio::test]
async fn a_store_is_moved_into_a_database_and_the_conversation_goes_on() {
    let mut databases = Databases::new();
    let name = databases.make();
    let url = databases.cluster.url(&name);
    let mut world = World::new().await;
    let (bridge, process) = world.start_process().await;
    assert_eq!(bridge.offload("s1").await, accepted());
    let handover = handover_of(&world.desk.calls());
    world.desk.set_down(true);
    bridge.say("s1", 1).await;
    bridge.say("s1", 2).await;
    let attempted = |calls: &[Call]| texts(calls).first() == Some(&"message 1");
    let before = world.desk.until("an attempt", attempted).await;

    let refused = process.run(&["store", "copy", "--to", &url]).await;
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(why.contains("in use by another process"), "{why}");
    process.signal("KILL");
    until_free(world.folder());
    let copied = process.run(&["store", "copy", "--to", &url]).await;
    assert!(copied.status.success(), "{copied:?}");
    let told = String::from_utf8(copied.stdout).unwrap();
    for line in [
        "1 conversations\n",
        "1 handovers\n",
        "3 deliveries\n",
        "1 lanes\n",
    ] {
        assert!(told.contains(line), "{told}");
    }
    assert!(told.contains("\ncopied and compared, "), "{told}");
    let again = process.run(&["store", "copy", "--to", &url]).await;
    assert_eq!(again.status.code(), Some(1), "{again:?}");
    drop(process);

    world.store = Some(url);
    let (bridge, process) = world.start_process().await;
    bridge.say("s1", 1).await;
    bridge.say("s1", 3).await;
    world.desk.set_down(false);
    let last = |calls: &[Call]| texts(calls).last() == Some(&"message 3");
    let calls = world.desk.until("the rest", last).await;
    assert_eq!(
        texts(&world.desk.taken()),
        ["message 1", "message 2", "message 3"]
    );
    assert_eq!(id_of(&calls, "message 1"), id_of(&before, "message 1"));
    assert_eq!(of_type(&calls, "handover.opened"), 1);
    assert_eq!(bridge.desk_says(&handover, agent_says("Hello")).await, 202);
    let calls = world
        .platform
        .until("the answer", |calls| calls.len() == 1)
        .await;
    assert_eq!(said(&calls[0]), Some("Hello"));
    assert_eq!(
        logged(&process.lines(), "the database is not where it was"),
        [Value::Null; 0]
    );
}

/// A process that was killed holds its files until it is gone.
fn until_free(folder: &Path) {
    let lock = std::fs::File::open(folder.join("handover.db")).unwrap();
    lock.lock().unwrap();
}

#[tokio::test]
async fn a_bridge_starts_from_a_restored_dump_and_sends_again_only_under_old_ids() {
    let mut databases = Databases::new();
    let (name, restored) = (databases.make(), databases.make());
    let mut world = World::new().await;
    world.store = Some(databases.cluster.url(&name));
    let (bridge, process) = world.start_process().await;
    assert_eq!(bridge.offload("s1").await, accepted());
    let handover = handover_of(&world.desk.calls());
    world.desk.set_down(true);
    bridge.say("s1", 1).await;
    assert!(bridge.is_ready().await);
    let dump = world.folder().join("bridge.dump");
    let dump = dump.to_str().unwrap();
    databases.run("pg_dump", &name, &["-Fc", "-f", dump]);

    // What happens from here on is not in it.
    world.desk.set_down(false);
    let first = |calls: &[Call]| how_often(calls, "message 1") == 1;
    let before = world.desk.until("the first", first).await;
    bridge.say("s1", 2).await;
    let second = |calls: &[Call]| how_often(calls, "message 2") == 1;
    world.desk.until("the second", second).await;
    assert_eq!(bridge.offload("s2").await, accepted());
    let refused = process.run(&["store", "backup", "copy.db"]).await;
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(why.contains("pg_dump"), "{why}");
    drop(process);

    databases.run(
        "pg_restore",
        &restored,
        &["--no-owner", "--exit-on-error", "-1", dump],
    );
    world.store = Some(databases.cluster.url(&restored));
    let (bridge, process) = world.start_process().await;
    let twice = |calls: &[Call]| how_often(calls, "message 1") == 2;
    let calls = world.desk.until("it once more", twice).await;
    assert_eq!(
        id_of(&calls, "message 1"),
        id_of(&before, "message 1"),
        "under its old id"
    );
    assert_eq!(
        of_type(&calls, "handover.opened"),
        2,
        "what was settled before is not sent, and what came later is not known"
    );
    // The platform repeats what the dump knows, and what it does not.
    bridge.say("s1", 1).await;
    bridge.say("s1", 2).await;
    let again = |calls: &[Call]| how_often(calls, "message 2") == 2;
    let calls = world.desk.until("the second", again).await;
    assert_eq!(how_often(&calls, "message 1"), 2);
    assert_eq!(bridge.desk_says(&handover, agent_says("Hello")).await, 202);
    let calls = world
        .platform
        .until("the answer", |calls| calls.len() == 1)
        .await;
    assert_eq!(said(&calls[0]), Some("Hello"));
    let gap = logged(&process.lines(), "the database is not where it was");
    assert_eq!(gap.len(), 1, "{gap:?}");
    assert!(gap[0]["store.probed_at"].is_string(), "{gap:?}");
    assert_eq!(bridge.warnings("restored").await, 1);
    drop(process);

    let (bridge, process) = world.start_process().await;
    assert_eq!(bridge.warnings("restored").await, 1, "once a restore");
    assert_eq!(
        logged(&process.lines(), "the database is not where it was"),
        [Value::Null; 0]
    );
}
