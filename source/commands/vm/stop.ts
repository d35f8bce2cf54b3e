import {powerCommand} from '../../command-line/power-command.js';

const definition = powerCommand('stop', 'Turn a VM off; its disk, address and port stay');

export const {description, args, options} = definition;
export default definition;
