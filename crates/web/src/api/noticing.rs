//! Who is told what, and whether it arrives.

use actix_web::{get, post, web};
use anirewind_core::App;
use anirewind_core::view::{NoticesView, TestedView};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::auth::{Reader, Writer};
use crate::api::problem::Problem;
use crate::api::sent::Sent;

type Answer<T> = Result<web::Json<T>, Problem>;

/// The channels for notices, and how they fare. Of an address its scheme and host are shown.
#[utoipa::path(tag = "server", responses(
    (status = 200, body = NoticesView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/notices/channels")]
pub(crate) async fn channels(_: Reader, app: web::Data<App>) -> Answer<NoticesView> {
    let channels = app.notice_channels().await?;
    let view = NoticesView::of(&channels, &app.settings().notify);
    Ok(web::Json(view))
}

/// Which channel.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestBody {
    /// webhook, ntfy, discord or smtp; each there is if left out.
    channel: Option<String>,
}

/// Sends a notice that says nothing, and says whether it arrived.
#[utoipa::path(tag = "server", request_body = TestBody, security(("key" = [])), responses(
    (status = 200, body = Vec<TestedView>),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[post("/api/v1/notices/test")]
pub(crate) async fn test(
    _: Writer,
    app: web::Data<App>,
    body: Sent<TestBody>,
) -> Answer<Vec<TestedView>> {
    let tested = app.test_notices(body.channel.as_deref()).await?;
    Ok(web::Json(tested.iter().map(TestedView::from).collect()))
}
