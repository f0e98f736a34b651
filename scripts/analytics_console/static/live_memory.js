// The last lines that came, by their numbers: as many as are kept, however long the page is open.

const MOST = 10_000;

export class Memory {
  #run = "";
  #lines = new Map(); // by number, the oldest first

  get size() {
    return this.#lines.size;
  }

  // Take a message of the stream: lines are new or changed, and what is older than `oldest` is gone.
  take({ run, oldest, lines }) {
    if (run !== this.#run) this.#lines.clear();
    this.#run = run;
    let last = -1;
    for (const number of this.#lines.keys()) last = number;
    let isInOrder = true;
    for (const line of lines) {
      isInOrder &&= this.#lines.has(line.number) || line.number > last;
      last = Math.max(last, line.number);
      this.#lines.set(line.number, line);
    }
    if (!isInOrder) this.#lines = new Map([...this.#lines].sort(([one], [other]) => one - other));
    for (const number of this.#lines.keys()) {
      if (number >= oldest && this.#lines.size <= MOST) break;
      this.#lines.delete(number);
    }
  }

  // Return the lines that are wanted, the newest first.
  newest(isWanted) {
    return [...this.#lines.values()].reverse().filter(isWanted);
  }
}
