//! Any bytes as a file of weights: loading must not panic, after a refusal everything must be
//! as it was, and what was loaded can be saved.
//!
//! `cargo +nightly fuzz run load`.

#![no_main]

use std::cell::RefCell;
use std::fs;

use libfuzzer_sys::fuzz_target;
use nn::{Generator, Linear, LoadOptions, Module, load, load_with, save};
use tempfile::TempDir;

thread_local! {
    static SUBJECT: RefCell<(TempDir, Linear<f32>)> = {
        let model = Linear::new(3, 2, &mut Generator::manual_seed(0));
        RefCell::new((tempfile::tempdir().unwrap(), model))
    };
}

/// Every bit of what may change.
fn bits(model: &Linear<f32>) -> Vec<u32> {
    let values = model.state_dict();
    values.iter().flat_map(|(_, value)| value.data().iter().map(|x| x.to_bits())).collect()
}

fuzz_target!(|bytes: &[u8]| {
    SUBJECT.with_borrow_mut(|(folder, model)| {
        let path = folder.path().join("file");
        drop(fs::remove_file(&path));
        fs::write(&path, bytes).unwrap();
        for options in [
            LoadOptions::default(),
            LoadOptions { convert: true, ..Default::default() },
            LoadOptions { prefix: "module.", convert: true },
        ] {
            let before = bits(model);
            match load_with(&path, model, options) {
                Ok(()) => {
                    let (saved, loaded) = (folder.path().join("saved"), bits(model));
                    save(&saved, model).unwrap();
                    load(&saved, model).unwrap();
                    assert_eq!(loaded, bits(model));
                }
                Err(error) => {
                    let text = error.to_string();
                    assert!(text.chars().count() < 1920 && !text.contains(char::is_control));
                    assert_eq!(before, bits(model));
                }
            }
        }
    });
});
