//! Any bytes as a file of weights and as a checkpoint: loading must not panic,
//! and after a refusal everything must be as it was.
//!
//! `cargo +nightly fuzz run load` in `crates/nn`.

#![no_main]

use std::cell::RefCell;
use std::fs;

use libfuzzer_sys::fuzz_target;
use nn::{
    Adam, AdamConfig, Generator, Linear, Module, load, load_checkpoint, save, save_checkpoint,
};
use tempfile::TempDir;

struct Subject {
    folder: TempDir,
    model: Linear<f32>,
}

thread_local! {
    static SUBJECT: RefCell<Subject> = {
        let model = Linear::new(3, 2, &mut Generator::manual_seed(0));
        RefCell::new(Subject { folder: tempfile::tempdir().unwrap(), model })
    };
}

/// Every bit of what may change.
fn bits(model: &Linear<f32>, generator: &Generator) -> (Vec<u32>, Vec<u32>) {
    let values = model.state_dict();
    let numbers = values.iter().flat_map(|(_, value)| value.data().iter().map(|x| x.to_bits()));
    (numbers.collect(), generator.state())
}

fuzz_target!(|bytes: &[u8]| {
    SUBJECT.with_borrow_mut(|Subject { folder, model }| {
        let path = folder.path().join("file");
        fs::write(&path, bytes).unwrap();
        let mut generator = Generator::manual_seed(0);
        let mut adam = Adam::new(AdamConfig::default());

        let before = bits(model, &generator);
        match load(&path, model) {
            Ok(()) => save(&path, model).unwrap(),
            Err(_) => assert_eq!(before, bits(model, &generator)),
        }
        fs::write(&path, bytes).unwrap();
        let before = bits(model, &generator);
        match load_checkpoint(&path, model, &mut adam, &mut generator) {
            Ok(epochs) => save_checkpoint(&path, model, &adam, &generator, epochs).unwrap(),
            Err(_) => assert_eq!(before, bits(model, &generator)),
        }
    });
});
