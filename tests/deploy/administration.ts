import { expectThat } from "./checks.ts";
import { commands } from "./documented.ts";
import type { Machine } from "./nspawn.ts";
import type { TraderUnit } from "./trader-unit.ts";

const STATE = "/var/lib/alpaca-trader";
const LEDGER = `${STATE}/paper.sqlite`;

/** What an administrator does to an installation that works, each by the words of docs/. The unit runs before and after. */
export class Administration {
  readonly #machine: Machine;
  readonly #unit: TraderUnit;

  constructor(machine: Machine, unit: TraderUnit) {
    this.#machine = machine;
    this.#unit = unit;
  }

  /** The unit's settings, but the wrong user. */
  rootBeside(): string {
    const said = ["doctor", "execute"].map((command) => {
      const line = `cd /opt/alpaca-trader; set -a; . /etc/alpaca-trader/alpaca-trader.env; STATE_DIR=${STATE} node dist/cli.js ${command}`;
      const { status, output } = this.#machine.run("sh", "-c", line);
      expectThat(status !== 0 && output.includes("sudo -u alpaca-trader"), output);
      return output;
    });
    expectThat(this.#machine.shell(`find ${STATE} /tmp/alpaca_trader.log ! -user alpaca-trader`) === "", "Root has left files.");
    return (
      said
        .at(-1)
        ?.split("\n")
        .find((line) => line.includes("sudo -u")) ?? ""
    );
  }

  /** The backup is whole although the daemon runs; restored as documented, the ledger still knows the account. */
  async backedUpAndRestored(): Promise<string> {
    this.#machine.shell(commands("systemd.md", "Backup and restore", ".backup"));
    this.#machine.shell(commands("systemd.md", "Backup and restore", "chown"));
    await this.#unit.watches();
    const listed = this.#machine.shell(`ls -l ${LEDGER}`).trim();
    expectThat(listed.includes("alpaca-trader alpaca-trader"), listed);
    return listed;
  }

  /** A restore that forgets the owner. The cure is typed as the journal says it. */
  async ledgerOfRoot(): Promise<string> {
    this.#unit.do("stop");
    this.#machine.shell(`chown root: ${LEDGER} && chmod 600 ${LEDGER}`);
    const said = await this.#unit.isRefused("78", /The ledger .* belongs to root, and this is alpaca-trader/);
    const cure = /`sudo (chown -R alpaca-trader: \S+)`/.exec(await this.#unit.says(/sudo chown/))?.[1] ?? "false";
    this.#machine.shell(cure);
    await this.#startsAgain();
    return `${said}; ${cure}`;
  }

  async ledgerOfNewerVersion(): Promise<string> {
    this.#unit.do("stop");
    const version = this.#machine.shell(`sqlite3 ${LEDGER} "PRAGMA user_version"`).trim();
    this.#machine.shell(`sqlite3 ${LEDGER} "PRAGMA user_version = 900"`);
    const said = await this.#unit.isRefused("78", /written by a newer version/);
    this.#machine.shell(`sqlite3 ${LEDGER} "PRAGMA user_version = ${version}"; chown -R alpaca-trader: ${STATE}`);
    await this.#startsAgain();
    return said;
  }

  /** The state moves to a file system of its own, which is full at the start and then is not. */
  async fullState(): Promise<string> {
    this.#unit.do("stop");
    this.#machine.shell(
      `cp -a ${LEDGER} /var/lib/kept; mount -t tmpfs -o size=32m,mode=0700 tmpfs ${STATE}; cp -a /var/lib/kept ${LEDGER}`,
    );
    try {
      this.#fill(`${STATE}/ballast`);
      const said = await this.#unit.isTriedAgain(/The disk is full: the ledger/);
      this.#machine.runWell("rm", `${STATE}/ballast`);
      await this.#unit.watches();
      return said;
    } finally {
      this.#machine.run("systemctl", "stop", this.#unit.name);
      this.#machine.shell(`umount ${STATE}; rm /var/lib/kept`);
      await this.#startsAgain();
    }
  }

  /** Logs lose lines there, and the lock of the account cannot be taken. */
  async fullTmp(): Promise<string> {
    this.#unit.do("stop");
    this.#machine.shell("mountpoint -q /tmp && mount -o remount,size=8m /tmp");
    try {
      this.#fill("/tmp/ballast");
      const said = await this.#unit.isTriedAgain(/The disk is full: the lock \/tmp/);
      this.#machine.runWell("rm", "/tmp/ballast");
      await this.#unit.watches();
      return said;
    } finally {
      this.#machine.shell("rm -f /tmp/ballast; mount -o remount,size=10% /tmp");
    }
  }

  /** Fetches a newer commit, installs it and goes on with the same ledger. */
  async upgraded(project: string): Promise<string> {
    this.#machine.shell(`cd ${project}; echo newer > NEWER; git add NEWER; git commit -qm newer`);
    this.#machine.shell(commands("operations.md", "Upgrading"));
    await this.#unit.watches();
    return this.#machine.shell("cd /opt/alpaca-trader; test -f NEWER; git log -1 --format=%s").trim();
  }

  /** Root keeps what its own trials with npx have left at home. */
  uninstalled(): string {
    const uid = this.#machine.shell("id -u alpaca-trader").trim();
    this.#machine.shell(commands("systemd.md", "Uninstall"));
    expectThat(this.#machine.run("systemctl", "cat", this.#unit.name).status !== 0, "The unit is still there.");
    const left = this.#machine.shell(
      `find / -xdev \\( -uid ${uid} -o -path '*alpaca*trader*' \\) -not -path '/proc/*' -not -path '/srv/*' -not -path '/root/*'; find /tmp /run -uid ${uid}`,
    );
    expectThat(left === "", `Left behind:\n${left}`);
    return "nothing of it or its user is left";
  }

  async #startsAgain(): Promise<void> {
    this.#machine.run("systemctl", "reset-failed", this.#unit.name);
    this.#unit.do("start");
    await this.#unit.watches();
  }

  #fill(file: string): void {
    this.#machine.run("dd", "if=/dev/zero", `of=${file}`, "bs=64k");
    this.#machine.run("dd", "if=/dev/zero", `of=${file}`, "bs=1", "oflag=append", "conv=notrunc");
  }
}
