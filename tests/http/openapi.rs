//! The published document. `scripts/schemathesis` holds a running bridge against it.

use std::collections::BTreeSet;

use axum::http::Method;

use crate::{
    client::{Bridge, Call, HANDOVER},
    store::Script,
};

#[tokio::test]
async fn anybody_may_read_the_document() {
    let reply = Bridge::new(Script::default())
        .send(Call::get("/openapi.json"))
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.headers["content-type"], "application/json");
    insta::assert_json_snapshot!(reply.json());
}

#[tokio::test]
async fn a_described_path_has_the_methods_that_the_document_says() {
    let bridge = Bridge::new(Script::default());
    let document = bridge.send(Call::get("/openapi.json")).await.json();
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() >= 10, "{}", paths.len());
    for (path, item) in paths {
        let mut described: BTreeSet<_> = item
            .as_object()
            .unwrap()
            .keys()
            .map(|method| method.to_uppercase())
            .collect();
        if described.contains("GET") {
            described.insert("HEAD".to_owned());
        }
        let call = Call::new(Method::TRACE, &path.replace("{id}", HANDOVER));
        let reply = bridge.send(call).await;
        assert_eq!(reply.status, 405, "{path}");
        let allowed = reply.headers["allow"].to_str().unwrap().to_owned();
        let allowed = allowed.split(',').map(str::to_owned).collect();
        assert_eq!(described, allowed, "{path}");
    }
}

#[tokio::test]
async fn every_reference_in_the_document_leads_somewhere() {
    let document = Bridge::new(Script::default())
        .send(Call::get("/openapi.json"))
        .await
        .json();
    let text = document.to_string();
    let references: BTreeSet<_> = text
        .split(r##""$ref":"#"##)
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(references.len() > 20, "{references:?}");
    for reference in references {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }
}
