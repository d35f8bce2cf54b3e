import test from 'ava';
import {providerSettings} from '../../../daemons/provider/settings.js';
import {doctorSettings} from '../../../source/hosting/doctor-settings.js';

test('what the doctor asks while no provider runs is what a provider would ask', t => {
	for (const name of ['discoveryUrls', 'portCheckServers', 'qemuBinary'] as const) {
		const [own, providers] = [doctorSettings[name], providerSettings[name]];
		t.is(own.variable, providers.variable);
		t.deepEqual(own.default, providers.default);
		t.deepEqual(
			own.schema.parse(' http://a.example,http://b.example '),
			providers.schema.parse(' http://a.example,http://b.example '),
		);
	}
});
