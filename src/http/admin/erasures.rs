//! A user asks to be forgotten: what is kept of them goes.

use std::time::Duration;

use axum::{
    Json,
    body::Body,
    extract,
    http::{HeaderMap, StatusCode},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{deliveries, operator::Operator, shape};
use crate::{
    domain::ids::{BotName, ErasureId},
    http::{
        State, body,
        openapi::refusals::{AdminOne, AdminSend},
        path::InPath,
        problem::{Kind, Problem, Result},
    },
    store::{Erasure, Named, Whose},
};

/// Who is to be erased: a user as a conversation or as the profile names them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(as = ErasureWanted)]
pub(super) enum ErasureRequest {
    Session(BySession),
    User(ByUser),
}

/// The conversation that the platform calls so, in each of its versions. Of an id with two forms either will do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ErasureBySession)]
pub(super) struct BySession {
    #[schema(min_length = 1, max_length = 1000)]
    session_id: String,
    /// Only with this bot. One that is not configured is refused, unless conversations of it are still kept.
    #[schema(value_type = Option<String>, pattern = "^[a-z](_?[a-z0-9])*_?$", max_length = 32)]
    bot: Option<BotName>,
    /// Only in this version, `DRAFT` or `LIVE`.
    version: Option<String>,
    /// The platform is not asked to delete what it keeps.
    #[serde(default)]
    keep_at_platform: bool,
}

/// Every conversation of the user whom the platform calls so (`user.id`). Of an id with two forms either will do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ErasureByUser)]
pub(super) struct ByUser {
    #[schema(min_length = 1, max_length = 1000)]
    user_id: String,
    /// Only with this bot. One that is not configured is refused, unless conversations of it are still kept.
    #[schema(value_type = Option<String>, pattern = "^[a-z](_?[a-z0-9])*_?$", max_length = 32)]
    bot: Option<BotName>,
    /// Only in this version, `DRAFT` or `LIVE`.
    version: Option<String>,
    /// The platform is not asked to delete what it keeps.
    #[serde(default)]
    keep_at_platform: bool,
}

/// A few ids and words.
const MAX: usize = 16 * 1024;
const LONGEST_ID: usize = 1000;
/// A user's conversations are looked for in all that are kept.
const FOUND_WITHIN: Duration = Duration::from_secs(9);

/// Has everything erased that is kept of a user. Open handovers end first, the bot is resumed and the desk told, then
/// the rows go; what stays is keyed hashes by which a repeat is known. It goes on by itself, also after a restart.
#[utoipa::path(
    post,
    path = "/api/admin/erasures",
    operation_id = "eraseUser",
    tag = "admin",
    request_body = ErasureRequest,
    responses((status = 202, description = "It has begun, or there was nothing to erase.", body = shape::Erasure), AdminSend),
    security(("adminToken" = [])),
)]
pub(super) async fn begin(
    operator: Operator,
    extract::State(state): extract::State<State>,
    headers: HeaderMap,
    sent: Body,
) -> Result<(StatusCode, Json<shape::Erasure>)> {
    let bytes = body::read_json(&headers, sent, state.operators_limits(MAX)).await?;
    let (whose, at_platform) = read(&bytes, &state)?;
    if let Some(bot) = &whose.bot {
        must_be_known(&state, bot).await?;
    }
    let through = state.clone();
    let begun = state
        .see_through(async move {
            let erase = through.store().erase(whose, at_platform, operator.name());
            through.ask_for(FOUND_WITHIN, erase).await
        })
        .await?;
    Ok((StatusCode::ACCEPTED, Json(shape(begun))))
}

/// How far an erasure has come.
#[utoipa::path(
    get,
    path = "/api/admin/erasures/{id}",
    operation_id = "readErasure",
    tag = "admin",
    params(("id" = Uuid, Path, description = "The erasure's `id`.")),
    responses((status = 200, description = "As it stands.", body = shape::Erasure), AdminOne),
    security(("adminToken" = [])),
)]
pub(super) async fn show(
    _: Operator,
    extract::State(state): extract::State<State>,
    path: InPath,
) -> Result<Json<shape::Erasure>> {
    let id = path.get("id").and_then(|id| id.parse().ok());
    let id: ErasureId = id.ok_or(Kind::NotFound)?;
    let erasure = state.ask(state.store().erasure(id)).await?;
    Ok(Json(shape(erasure.ok_or(Kind::NotFound)?)))
}

/// Whom it is about, and whether the platform is to delete its part.
fn read(bytes: &[u8], state: &State) -> Result<(Whose, bool)> {
    let value: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|_| Problem::from(Kind::Malformed))?;
    let wanted = serde_json::from_value(value).map_err(|_| not_understood())?;
    let ((id, named), bot, version, keep) = match wanted {
        ErasureRequest::Session(by) => {
            let named = (by.session_id.clone(), Named::Key(by.session_id));
            (named, by.bot, by.version, by.keep_at_platform)
        }
        ErasureRequest::User(by) => {
            let named = (by.user_id.clone(), Named::Profile(by.user_id));
            (named, by.bot, by.version, by.keep_at_platform)
        }
    };
    if id.is_empty() || id.chars().count() > LONGEST_ID {
        return Err(not_understood());
    }
    let whose = Whose {
        named: vec![named, as_bots_keep(state, &id)],
        bot,
        version,
    };
    Ok((whose, !keep))
}

/// Under what the bots keep whom their platforms show so, where that may be something else.
fn as_bots_keep(state: &State, id: &str) -> Named {
    let keys = state.bots().filter_map(|bot| {
        let key = bot.hook.key_of(id)?;
        Some((bot.name.clone(), key.to_owned()))
    });
    Named::KeyWith(keys.collect())
}

/// A bot that has been taken out of the configuration is known for as long as a conversation of it is kept. Any other name
/// is a slip, and "there was nothing to erase" would hide it.
async fn must_be_known(state: &State, bot: &BotName) -> Result<()> {
    let known =
        state.bot(bot.as_str()).is_some() || state.ask(state.store().is_kept_of(bot)).await?;
    known.then_some(()).ok_or_else(|| {
        Problem::from(Kind::NotFound)
            .detail("no bot is called so, and no conversation of one that was is kept")
    })
}

fn not_understood() -> Problem {
    Problem::from(Kind::InvalidContract).detail(
        "it takes either session_id or user_id, and of the rest bot, version and keep_at_platform",
    )
}

fn shape(erasure: Erasure) -> shape::Erasure {
    let Erasure {
        id,
        requested_at,
        finished_at,
        conversations,
        left,
        platform_deleted,
        platform_kept,
        waits_for,
    } = erasure;
    shape::Erasure {
        id,
        state: if finished_at.is_some() {
            shape::Progress::Finished
        } else {
            shape::Progress::Pending
        },
        requested_at,
        finished_at,
        conversations,
        left,
        platform_deleted,
        platform_kept,
        waits_for: waits_for.into_iter().map(deliveries::shape).collect(),
    }
}
