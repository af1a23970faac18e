//! Erasure: what is kept of a user goes, when nothing is owed in their conversations any more.
//!
//! A row of `erasing` stands for each conversation on its way out, so whichever replica comes next goes on where another
//! was. What is taken away goes in steps like any other, on the condition that nobody has changed the conversation since
//! it was looked at. The keys stay: they are keyed hashes, and say nothing of anybody.

use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    columns::{self, count, number, values},
    fault::Fault,
    listing,
    patience::Patience,
    replicas,
    work::Ground,
};
use crate::{
    domain::ids::{BotName, ConversationId, DeliveryId, ErasureId},
    store::{
        Erasure, Named, Whose,
        audit::Action,
        erasure::{LOOKED_THROUGH_AT_ONCE, Owner, SHOWN},
    },
};

/// A conversation whose handover has not been told to end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Untold {
    pub(super) conversation: ConversationId,
    pub(super) erasure: ErasureId,
    pub(super) at_platform: bool,
}

/// A conversation that nothing is owed in, with the rows that are left of what was owed.
#[derive(Clone, Debug)]
pub(super) struct Remains {
    pub(super) conversation: ConversationId,
    /// As it was looked at; none: retention was quicker.
    pub(super) revision: Option<i64>,
    pub(super) deliveries: Vec<Uuid>,
    /// Of deliveries, when it was looked at: before the first, and the last.
    before_first: i64,
    last_row: i64,
}

/// The conversations that are meant. Who has several of the names is found by each.
pub(super) async fn find(ground: &Ground, whose: &Whose) -> Result<Vec<Uuid>, Fault> {
    let mut found = Vec::new();
    for named in &whose.named {
        found.append(&mut find_named(ground, whose, named).await?);
    }
    Ok(found)
}

async fn find_named(ground: &Ground, whose: &Whose, named: &Named) -> Result<Vec<Uuid>, Fault> {
    let bot = whose.bot.as_ref();
    let (sql, values) = match named {
        Named::Key(user) => (
            "SELECT id, state FROM conversations WHERE \"user\" = $1 AND ($2::text IS NULL OR bot = $2)",
            values![user.as_str(), bot],
        ),
        Named::KeyWith(keys) => {
            let bots: Vec<String> = keys.keys().map(ToString::to_string).collect();
            let users: Vec<String> = keys.values().cloned().collect();
            (
                "SELECT id, state FROM conversations JOIN unnest($1, $3) AS g (bot, \"user\") USING (bot, \"user\") \
                 WHERE $2::text IS NULL OR bot = $2",
                values![bots, bot, users],
            )
        }
        Named::Profile(id) => return with_profile(ground, whose, (named, id)).await,
    };
    let found = ground
        .database
        .spending(Patience::Nobody)
        .rows(sql, values)
        .await?;
    let mut meant = Vec::new();
    for row in &found {
        if !whose.asks_the_state(named) || whose.is_meant(named, owner(row)?.as_ref()) {
            meant.push(row.try_get(0)?);
        }
    }
    Ok(meant)
}

/// All are looked through for the words that a state says it with, a part at a time: a million in some seconds. With those that
/// have them comes the last of each part, where to go on.
async fn with_profile(
    ground: &Ground,
    whose: &Whose,
    (named, id): (&Named, &str),
) -> Result<Vec<Uuid>, Fault> {
    let sql = "SELECT id, state, has, number = $4 FROM \
               (SELECT id, state, strpos(state, $1) > 0 AND ($2::text IS NULL OR bot = $2) AS has, \
                   row_number() OVER (ORDER BY id) AS number FROM conversations WHERE id > $3 ORDER BY id LIMIT $4) part \
               WHERE has OR number = $4 ORDER BY id";
    let database = ground.database.spending(Patience::Nobody);
    let words = serde_json::to_string(id)?;
    let (mut meant, mut next) = (Vec::new(), Some(Uuid::nil()));
    while let Some(after) = next {
        let values = values![
            words.as_str(),
            whose.bot.as_ref(),
            after,
            LOOKED_THROUGH_AT_ONCE
        ];
        let found = database.rows(sql, values).await?;
        next = None;
        for row in &found {
            let conversation = row.try_get(0)?;
            if row.try_get(2)? && whose.is_meant(named, owner(row)?.as_ref()) {
                meant.push(conversation);
            }
            next = row.try_get::<_, bool>(3)?.then_some(conversation);
        }
    }
    Ok(meant)
}

fn owner(row: &Row) -> Result<Option<Owner>, Fault> {
    let conversation: ConversationId = row.try_get(0)?;
    let owner = columns::json(row, 1);
    if owner.is_err() {
        tracing::error!(
            conversation.id = %conversation,
            "whose a conversation is cannot be read, it is erased with those that are meant"
        );
    }
    Ok(owner.ok())
}

/// Whether a conversation of this bot is kept.
pub(super) async fn is_kept_of(ground: &Ground, bot: &BotName) -> Result<bool, Fault> {
    let sql = "SELECT EXISTS (SELECT FROM conversations WHERE bot = $1)";
    let found = ground.database.row(sql, values![bot]).await?;
    Ok(found.ok_or(Fault::Missing)?.try_get(0)?)
}

/// An erasure as somebody asked for it.
pub(super) struct Begun<'a> {
    pub(super) id: ErasureId,
    pub(super) at_platform: bool,
    /// As the audit trail calls them.
    pub(super) by: &'a str,
}

/// Marks them all, in one step. Where there are none it is finished with that.
pub(super) async fn begin(
    ground: &Ground,
    begun: &Begun<'_>,
    conversations: Vec<Uuid>,
) -> Result<(), Fault> {
    let Begun {
        id,
        at_platform,
        by,
    } = *begun;
    let sql = "WITH there AS (SELECT id FROM conversations WHERE id = ANY($1) ORDER BY id FOR UPDATE), \
               marked AS (INSERT INTO erasing (conversation, erasure, told) SELECT id, $2, false FROM there \
                   RETURNING conversation), \
               trace AS (INSERT INTO audit (at, actor, action, subject) VALUES ($4, $5, $6, $7)) \
               INSERT INTO erasures (id, at_platform, requested_at, conversations, finished_at) \
               SELECT $2, $3, $4, count(*), CASE WHEN count(*) = 0 THEN $4 END FROM marked";
    let values = values![
        conversations,
        id,
        at_platform,
        ground.clock.now(),
        by,
        Action::Erase.as_str(),
        id.to_string(),
    ];
    ground.database.write(sql, values).await?;
    Ok(())
}

/// Conversations that have not been told. One whose platform is to be asked is left to a replica that knows its bot, if one
/// lives or may be about to say that it does.
pub(super) async fn untold(ground: &Ground, limit: usize) -> Result<Vec<Untold>, Fault> {
    let sql = "SELECT e.conversation, e.erasure, r.at_platform FROM erasing e JOIN erasures r ON r.id = e.erasure \
               LEFT JOIN conversations c ON c.id = e.conversation \
               WHERE NOT e.told AND (NOT r.at_platform OR c.id IS NULL OR c.bot = ANY($2) \
                   OR (NOT EXISTS (SELECT FROM replicas p WHERE p.id <> $3 AND c.bot = ANY(p.bots) \
                           AND abs(handover_clock() - p.seen_at) < $4) \
                       AND EXISTS (SELECT FROM replicas own WHERE own.id = $3 AND own.since <= handover_clock() - $4))) \
               LIMIT $1";
    let bots = replicas::bots(&ground.policy);
    let values = values![number(limit), bots, ground.leases.owner, replicas::LIVES];
    let found = ground.database.rows(sql, values).await?;
    let untold = |row: &Row| {
        Ok(Untold {
            conversation: row.try_get(0)?,
            erasure: row.try_get(1)?,
            at_platform: row.try_get(2)?,
        })
    };
    found.iter().map(untold).collect()
}

/// Deliveries that are still owed although it has been waited for long enough.
pub(super) async fn overdue(ground: &Ground, limit: usize) -> Result<Vec<DeliveryId>, Fault> {
    let sql = "SELECT DISTINCT d.id FROM erasures r JOIN erasing e ON e.erasure = r.id \
               JOIN deliveries d ON d.settled_at IS NULL AND d.conversation = e.conversation \
               WHERE r.finished_at IS NULL AND r.requested_at < $1 LIMIT $2";
    let before = ground.clock.now().minus(Whose::LIMIT);
    let database = ground.database.spending(Patience::Nobody);
    let found = database.rows(sql, values![before, number(limit)]).await?;
    let ids = found.iter().map(|row| row.try_get(0));
    Ok(ids.collect::<Result<_, _>>()?)
}

/// Conversations in which nothing is owed any more, nor on its way although it was called off.
pub(super) async fn remains(ground: &Ground, limit: usize) -> Result<Vec<Remains>, Fault> {
    let sql = "SELECT e.conversation, c.revision, (SELECT coalesce(max(row), 0) FROM deliveries), \
               (SELECT coalesce(min(row), 1) - 1 FROM deliveries) FROM erasing e \
               LEFT JOIN conversations c ON c.id = e.conversation \
               WHERE c.phase IS NULL \
               AND NOT EXISTS (SELECT FROM deliveries d WHERE d.lane = e.conversation AND d.settled_at IS NULL) \
               AND NOT EXISTS (SELECT FROM handovers h JOIN legs l ON l.handover = h.id \
                   JOIN deliveries d ON d.lane = l.id AND d.settled_at IS NULL \
                   WHERE h.conversation = e.conversation) \
               AND NOT EXISTS (SELECT FROM lanes n WHERE n.id = e.conversation \
                   AND n.flying IS NOT NULL AND n.leased_until > handover_clock()) \
               AND NOT EXISTS (SELECT FROM handovers h JOIN legs l ON l.handover = h.id \
                   JOIN lanes n ON n.id = l.id AND n.flying IS NOT NULL AND n.leased_until > handover_clock() \
                   WHERE h.conversation = e.conversation) \
               GROUP BY e.conversation, c.revision HAVING bool_and(e.told) LIMIT $1";
    let database = ground.database.spending(Patience::Nobody);
    let found = database.rows(sql, values![number(limit)]).await?;
    let remains = |row: &Row| {
        Ok(Remains {
            conversation: row.try_get(0)?,
            revision: row.try_get(1)?,
            deliveries: Vec::new(),
            last_row: row.try_get(2)?,
            before_first: row.try_get(3)?,
        })
    };
    found.iter().map(remains).collect()
}

/// Looks through the deliveries, a part at a time. No index leads to them from their conversation: that would cost more,
/// with every message, than it saves here.
pub(super) async fn look_through(ground: &Ground, remains: &mut [Remains]) -> Result<(), Fault> {
    let sql = "SELECT id, conversation FROM deliveries WHERE row > $1 AND row <= $2 AND conversation = ANY($3)";
    let wanted: Vec<Uuid> = remains
        .iter()
        .map(|one| one.conversation.as_uuid())
        .collect();
    let last_row = remains.iter().map(|one| one.last_row).max().unwrap_or(0);
    let first = remains.iter().map(|one| one.before_first).min();
    let database = ground.database.spending(Patience::Nobody);
    let mut after = first.unwrap_or(last_row);
    while after < last_row {
        let to = after.saturating_add(LOOKED_THROUGH_AT_ONCE);
        let found = database
            .rows(sql, values![after, to, wanted.clone()])
            .await?;
        for row in &found {
            let conversation: ConversationId = row.try_get(1)?;
            let mut of = remains.iter_mut();
            if let Some(of) = of.find(|one| one.conversation == conversation) {
                of.deliveries.push(row.try_get(0)?);
            }
        }
        after = to;
    }
    Ok(())
}

/// Finishes those of which nothing is left. Says whether any is not finished.
pub(super) async fn finish(ground: &Ground) -> Result<bool, Fault> {
    let sql = "UPDATE erasures r SET finished_at = $1 WHERE finished_at IS NULL \
               AND NOT EXISTS (SELECT FROM erasing WHERE erasure = r.id)";
    let database = ground.database.spending(Patience::Nobody);
    database.write(sql, values![ground.clock.now()]).await?;
    let sql = "SELECT EXISTS (SELECT FROM erasures WHERE finished_at IS NULL)";
    let any = database.row(sql, values![]).await?;
    Ok(any.ok_or(Fault::Missing)?.try_get(0)?)
}

pub(super) async fn view(ground: &Ground, id: ErasureId) -> Result<Option<Erasure>, Fault> {
    let sql = "SELECT requested_at, finished_at, conversations, platform_deleted, platform_kept, \
               (SELECT count(*) FROM erasing WHERE erasure = $1) FROM erasures WHERE id = $1";
    let Some(row) = ground.database.row(sql, values![id]).await? else {
        return Ok(None);
    };
    let left = count(row.try_get(5)?);
    let waits_for = if left > 0 {
        listing::owed_in(ground, id, SHOWN).await?
    } else {
        Vec::new()
    };
    Ok(Some(Erasure {
        id,
        requested_at: row.try_get(0)?,
        finished_at: row.try_get(1)?,
        conversations: count(row.try_get(2)?),
        platform_deleted: count(row.try_get(3)?),
        platform_kept: count(row.try_get(4)?),
        left,
        waits_for,
    }))
}
