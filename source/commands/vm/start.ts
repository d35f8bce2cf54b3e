import {powerCommand} from '../../command-line/power-command.js';

const definition = powerCommand('start', 'Turn a stopped VM on');

export const {description, args, options} = definition;
export default definition;
