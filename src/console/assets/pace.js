// What is fetched again and again: soon after it is wanted, one fetch at a time, and no more often than is good. However
// much is wanted meanwhile, nothing puts a fetch off that is due.

export function paced(fetch) {
  let due = Infinity;
  let begun = -Infinity;
  let isUnderWay = false;
  let timer;

  function plan() {
    clearTimeout(timer);
    if (!isUnderWay && due < Infinity) timer = setTimeout(run, Math.max(0, due - performance.now()));
  }

  async function run() {
    [due, begun, isUnderWay] = [Infinity, performance.now(), true];
    await fetch();
    isUnderWay = false;
    plan();
  }

  // In milliseconds: within how many, and how many after the fetch before began.
  return function want({ soon, apart }) {
    due = Math.min(due, Math.max(performance.now() + soon, begun + apart));
    plan();
  };
}
