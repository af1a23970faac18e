//! A machine on which no authority's certificates are installed.

use std::{
    fs,
    process::{Command, Output},
};

use crate::{
    demo::Folder,
    talk::{By, Talk, texts_at_desk},
};

const NONE: [(&str, &str); 2] = [
    ("SSL_CERT_FILE", "/nonexistent"),
    ("SSL_CERT_DIR", "/nonexistent"),
];

#[tokio::test]
async fn the_demo_needs_none_and_says_once_what_would_not_work() {
    let folder = Folder::new();
    let demo = folder.start_with(&NONE);
    let talk = Talk::open(&demo).await;
    talk.write("agent").await;
    let handover = talk.at_the_desk().await;
    talk.answer(&handover, "Hello").await;
    talk.desk_until(|handover| texts_at_desk(handover, By::Agent) == ["Hello"])
        .await;
    let complaints = folder.complaints();
    assert_eq!(complaints.lines().count(), 1, "{complaints}");
    assert!(
        complaints.contains("nothing can be called by https"),
        "{complaints}"
    );
}

#[test]
fn a_bridge_that_calls_by_https_does_not_start_and_says_what_is_missing() {
    let folder = Folder::new();
    let output = serve(&folder, "https://desk.example.com/");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("ca-certificates"), "{told}");
    assert!(!folder.file("bridge.db").exists(), "nothing was begun");
}

/// Runs `serve` to its end.
fn serve(folder: &Folder, desk: &str) -> Output {
    let configuration = format!(
        r#"
            [server]
            listen = "127.0.0.1:0"
            [admin]
            listen = "server"
            [store]
            url = "sqlite:bridge.db"
            [outbound]
            allow_networks = ["127.0.0.0/8"]
            [bots.shop]
            platform = "chatlayer"
            api_url = "http://127.0.0.1:9"
            access_token = "access"
            verify_token = "verify-verify-verify"
            [desks.team]
            kind = "webhook"
            url = "{desk}"
            secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
            token = "0123456789abcdef0123"
        "#
    );
    fs::write(folder.file("bridge.toml"), configuration).unwrap();
    let mut command: Command = folder.handover(&["serve", "--config", "bridge.toml"]);
    command.envs(NONE).output().unwrap()
}
