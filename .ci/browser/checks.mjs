// Counts what holds and what does not.
export const count = { passed: 0, failed: 0 };

export function check(what, holds, detail = "") {
  if (holds) count.passed += 1;
  else {
    count.failed += 1;
    console.error(`FAILED: ${what} ${detail}`);
  }
}

// A step that throws fails as one check and does not end the run.
export async function attempt(what, act) {
  const began = Date.now();
  try {
    await act();
    check(what, true);
    console.log(`  ${what}: ${((Date.now() - began) / 1000).toFixed(1)} s`);
  } catch (error) {
    check(what, false, String(error?.message ?? error).split("\n").slice(0, 6).join(" | "));
  }
}
