/** The address of a page follows what is seen on it. No server hears of it, and no entry is added to the history. */

const AFTER = 300; // milliseconds without a change, then the address is rewritten
const LOOK_EVERY = 1000; // milliseconds
const IDLE = '[data-test-script-state="notRunning"]'; // the server has nothing more to say

export class Link {
  /** @param {() => void} write puts what is seen into the address */
  constructor(write) {
    this.write = write;
    this.due = this.forget = 0;
    this.left = ''; // the path of this page, once somebody has asked for another one
    this.returned = ''; // the address to which Back or Forward has just led; until it is drawn, nothing else is written into it
  }

  soon() {
    clearTimeout(this.due);
    this.due = setTimeout(() => this.now(), AFTER);
  }

  now() {
    clearTimeout(this.due);
    if (this.returned || (this.left && this.left !== location.pathname)) return; // the address is that of something else already
    this.write();
  }

  /** Another page is asked for: what is seen now is what Back comes back to. */
  leave() {
    this.now();
    this.left = location.pathname;
  }

  /**
   * Back or Forward has led to an address: what is seen now belongs to another one.
   * @param {string} address
   */
  comeBack(address) {
    let idle = 0;
    this.returned = address;
    clearInterval(this.forget);
    this.forget = setInterval(() => {
      idle = document.querySelector(IDLE) ? idle + 1 : 0;
      if (idle < 2) return;
      this.drawn(this.returned); // it is what was seen already: no answer comes
      this.now();
    }, LOOK_EVERY);
  }

  /**
   * What the address says is drawn, unless Back has led further meanwhile.
   * @param {string} address
   */
  drawn(address) {
    if (address !== this.returned) return;
    this.returned = '';
    clearInterval(this.forget);
  }

  stop() {
    clearTimeout(this.due);
    clearInterval(this.forget);
  }
}
