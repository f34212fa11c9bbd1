//! What somebody wants of an act that is under way, or about to be: that it waits, that it ends, that it
//! does not begin.

use std::time::Duration;

use anirewind_restore::Wish;
use anirewind_store::{OperationRow, OperationState, StoreError};
use anirewind_timeline::Id;

use crate::act_error::ActError;
use crate::app::App;
use crate::gate::GateError;
use crate::report::Report;

/// The word for a wish that work ends.
const STOP: &str = "stop";
/// The word for a wish that work waits.
const PAUSE: &str = "pause";
/// So often it is tried to have the account to oneself, four times a second.
const PATIENCE: usize = 20;

/// What came of the wish that an act ends.
#[derive(Debug)]
pub enum Stopping {
    /// Nothing of it was sent yet, and nothing is. It is a plan again.
    CalledOff(Report),
    /// It has ended.
    Ended(Report),
    /// It ends after the request that is being sent.
    Soon,
}

impl App {
    /// Ends an act where it is; what is done stays. One that is under way elsewhere ends after the
    /// request that is being sent. One of which nothing was sent yet is a plan again.
    pub async fn stop_operation(&self, operation: &Id) -> Result<Stopping, ActError> {
        if self.call_off(operation).await? {
            return Ok(Stopping::CalledOff(self.act_called(operation).await?));
        }
        let row = self.act(operation).await?;
        if !row.state.is_open() {
            return Ok(Stopping::Ended(self.act_called(operation).await?));
        }
        let store = &self.inner.store;
        store.set_wish(operation.clone(), Some(STOP)).await?;
        for _ in 0..PATIENCE {
            match self.go_on_with(operation, None, false).await {
                Err(ActError::Gate(GateError::Busy)) => {}
                report => return report.map(Stopping::Ended),
            }
            // Somebody carries it out and will see the wish, or only looks at the list.
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        Ok(Stopping::Soon)
    }

    /// Keeps a plan from being sent by whoever is about to, which is the beginning of
    /// [`Self::stop_operation`] and waits for nothing. Not where it has begun.
    pub async fn call_off(&self, plan: &Id) -> Result<bool, ActError> {
        Ok(self.inner.store.call_off_plan(plan.clone()).await?)
    }

    /// Lets an act that is under way wait until somebody resumes it.
    pub async fn pause_operation(&self, operation: &Id) -> Result<(), ActError> {
        let row = self.act(operation).await?;
        if row.state.is_open() {
            self.inner
                .store
                .set_wish(operation.clone(), Some(PAUSE))
                .await?;
        }
        Ok(())
    }

    /// What somebody wants of an act that has not come about yet: [`Wish::GoOn`] where nobody said anything.
    pub async fn wish_of(&self, operation: &Id) -> Result<Wish, ActError> {
        let wish = self.inner.store.wish(operation.clone()).await?;
        Ok(heard(wish.as_deref()))
    }

    /// An act, or a plan that is about to become one, by its whole id.
    pub async fn act_called(&self, operation: &Id) -> Result<Report, ActError> {
        let row = self.inner.store.operation(operation.clone()).await?;
        let row = row.ok_or_else(|| ActError::NotFound {
            reference: operation.to_string(),
        })?;
        let steps = self.inner.store.steps(operation.clone()).await?;
        Ok(Report::new(row, steps))
    }

    /// Nothing is begun that somebody called off.
    pub(crate) async fn is_still_wanted(&self, plan: Option<&Id>) -> Result<(), ActError> {
        match plan {
            Some(plan) if self.is_to_stop(plan).await? => {
                Err(ActError::CalledOff { plan: plan.clone() })
            }
            _ => Ok(()),
        }
    }

    pub(crate) async fn act(&self, operation: &Id) -> Result<OperationRow, ActError> {
        let row = self.inner.store.operation(operation.clone()).await?;
        let begun = row.filter(|row| {
            !matches!(
                row.state,
                OperationState::Planned | OperationState::Discarded
            )
        });
        begun.ok_or_else(|| ActError::NotFound {
            reference: operation.to_string(),
        })
    }

    pub(crate) async fn is_to_stop(&self, operation: &Id) -> Result<bool, StoreError> {
        let wish = self.inner.store.wish(operation.clone()).await?;
        Ok(heard(wish.as_deref()) == Wish::Stop)
    }
}

/// What the word of a wish means.
pub(crate) fn heard(wish: Option<&str>) -> Wish {
    match wish {
        Some(STOP) => Wish::Stop,
        Some(_) => Wish::Pause,
        None => Wish::GoOn,
    }
}
