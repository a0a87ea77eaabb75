//! MD5, SHA-1, SHA-2 and SHA-3: types whose digests have one size.

use super::{data_of, hex, initial};
use digest::Digest;
use typhon_vm::native::*;
use typhon_vm::objects::{bytes, object};

macro_rules! hash_type {
    ($t:ident, $pyname:literal, $module:literal, $algorithm:ty, $name:literal, $block:literal, $new:ident) => {
        #[pytype(name = $pyname, module = $module, no_new)]
        pub struct $t {
            pub head: Header,
            state: Guarded<$algorithm>,
        }

        /// Make an object that has taken in `data`.
        pub fn $new(cx: &mut Cx, data: Option<&Value>, string: Option<&Value>) -> Res<Value> {
            let data = initial(cx, data, string)?;
            let mut state = <$algorithm>::new();
            state.update(&data);
            let cls = $t::type_cell().get(cx)?;
            object::alloc(
                cx,
                cls,
                $t {
                    head: Header::placeholder(),
                    state: Guarded::new(state),
                },
            )
        }

        impl $t {
            fn state(&self, cx: &mut Cx) -> $algorithm {
                self.state.lock(&self.head, &mut cx.thread).clone()
            }
        }

        #[pymethods]
        impl $t {
            /// Update this hash object's state with the provided string.
            fn update(&self, obj: &Value, cx: &mut Cx) -> Res<()> {
                let data = data_of(cx, obj)?;
                self.state.lock(&self.head, &mut cx.thread).update(&data);
                Ok(())
            }
            /// Return the digest value as a bytes object.
            fn digest(&self, cx: &mut Cx) -> Res<Value> {
                let d = self.state(cx).finalize();
                bytes::new_bytes(cx, &d)
            }
            /// Return the digest value as a string of hexadecimal digits.
            fn hexdigest(&self, cx: &mut Cx) -> String {
                hex(&self.state(cx).finalize())
            }
            /// Return a copy of the hash object.
            fn copy(&self, cx: &mut Cx) -> Res<Value> {
                let state = self.state(cx);
                let cls = $t::type_cell().get(cx)?;
                object::alloc(
                    cx,
                    cls,
                    $t {
                        head: Header::placeholder(),
                        state: Guarded::new(state),
                    },
                )
            }
            #[getter]
            fn name(&self) -> &'static str {
                $name
            }
            #[getter]
            fn digest_size(&self) -> usize {
                <$algorithm as Digest>::output_size()
            }
            #[getter]
            fn block_size(&self) -> usize {
                $block
            }
        }
    };
}

hash_type!(Md5, "md5", "_md5", md5::Md5, "md5", 64, new_md5);
hash_type!(Sha1, "sha1", "_sha1", sha1::Sha1, "sha1", 64, new_sha1);
hash_type!(
    Sha224,
    "SHA224Type",
    "_sha2",
    sha2::Sha224,
    "sha224",
    64,
    new_sha224
);
hash_type!(
    Sha256,
    "SHA256Type",
    "_sha2",
    sha2::Sha256,
    "sha256",
    64,
    new_sha256
);
hash_type!(
    Sha384,
    "SHA384Type",
    "_sha2",
    sha2::Sha384,
    "sha384",
    128,
    new_sha384
);
hash_type!(
    Sha512,
    "SHA512Type",
    "_sha2",
    sha2::Sha512,
    "sha512",
    128,
    new_sha512
);
hash_type!(
    Sha3x224,
    "sha3_224",
    "_sha3",
    sha3::Sha3_224,
    "sha3_224",
    144,
    new_sha3_224
);
hash_type!(
    Sha3x256,
    "sha3_256",
    "_sha3",
    sha3::Sha3_256,
    "sha3_256",
    136,
    new_sha3_256
);
hash_type!(
    Sha3x384,
    "sha3_384",
    "_sha3",
    sha3::Sha3_384,
    "sha3_384",
    104,
    new_sha3_384
);
hash_type!(
    Sha3x512,
    "sha3_512",
    "_sha3",
    sha3::Sha3_512,
    "sha3_512",
    72,
    new_sha3_512
);

macro_rules! constructors {
    ($module:ident, $name:literal, [$($t:ident),*], $($(#[doc = $doc:literal])* $py:ident = $new:ident;)*) => {
        #[pymodule(name = $name, types($($t),*))]
        pub mod $module {
            use super::*;
            $(
                $(#[doc = $doc])*
                #[pyfunction]
                #[sig(data = absent => "b''", *, usedforsecurity = True, string = None)]
                fn $py(data: Option<&Value>, usedforsecurity: bool, string: Option<&Value>, cx: &mut Cx) -> Res<Value> {
                    let _ = usedforsecurity;
                    $new(cx, data, string)
                }
            )*
        }
    };
}

constructors!(md5_module, "_md5", [],
    /// Return a new MD5 hash object; optionally initialized with a string.
    md5 = new_md5;
);
constructors!(sha1_module, "_sha1", [],
    /// Return a new SHA1 hash object; optionally initialized with a string.
    sha1 = new_sha1;
);
constructors!(sha2_module, "_sha2", [Sha224, Sha256, Sha384, Sha512],
    /// Return a new SHA-224 hash object; optionally initialized with a string.
    sha224 = new_sha224;
    /// Return a new SHA-256 hash object; optionally initialized with a string.
    sha256 = new_sha256;
    /// Return a new SHA-384 hash object; optionally initialized with a string.
    sha384 = new_sha384;
    /// Return a new SHA-512 hash object; optionally initialized with a string.
    sha512 = new_sha512;
);
