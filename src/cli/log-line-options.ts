/** Which lines a firewall log has, where no source tells. */
import type { Command } from 'commander';

import { LOG_OTHER_DROPS, LOG_TCP_DROPS, logChoiceOption } from '../replay/firewall-log-format.js';

const TCP_DROPS = '--firewall-log-tcp-drops';
const OTHER_DROPS = '--firewall-log-other-drops';

export function addLogLineOptions(command: Command): Command {
  return command
    .option(
      `${TCP_DROPS} <which>`,
      `lines for drops of TCP: ${LOG_TCP_DROPS.join(', ')} (of segments that open a connection); default: ${LOG_TCP_DROPS[0]}`,
      logChoiceOption(TCP_DROPS, 'firewallLogTcpDrops'),
    )
    .option(
      `${OTHER_DROPS} <how>`,
      `lines for inbound drops of neither TCP nor UDP, by what their size is: ${LOG_OTHER_DROPS.join(', ')} (no line); default: ${LOG_OTHER_DROPS[0]}`,
      logChoiceOption(OTHER_DROPS, 'firewallLogOtherDrops'),
    );
}
