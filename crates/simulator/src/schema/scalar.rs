//! AniList's own scalars.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

/// Whatever JSON there is.
#[derive(Debug, Clone)]
pub(super) struct Json(pub(super) serde_json::Value);

#[Scalar(name = "Json")]
impl ScalarType for Json {
    fn parse(value: Value) -> InputValueResult<Self> {
        Ok(Self(value.into_json()?))
    }

    fn to_value(&self) -> Value {
        Value::from_json(self.0.clone()).unwrap_or(Value::Null)
    }
}

/// Two letters of a country.
#[derive(Debug, Clone)]
pub(super) struct CountryCode(pub(super) String);

#[Scalar(name = "CountryCode")]
impl ScalarType for CountryCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(code) => Ok(Self(code)),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// A date as eight digits, `20240307`.
#[derive(Debug, Clone, Copy)]
pub(super) struct FuzzyDateInt(pub(super) i64);

#[Scalar(name = "FuzzyDateInt")]
impl ScalarType for FuzzyDateInt {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::Number(number) => number
                .as_i64()
                .map(Self)
                .ok_or_else(|| InputValueError::expected_type(value)),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::Number(self.0.into())
    }
}
