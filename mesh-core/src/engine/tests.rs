//! Tests of the engine: two and more engines joined by perfect pipes.
