import type { Deviation } from '../endpoint-types';
import { assemblyDeviations } from './assembly';
import { bridgeDeviations } from './bridge';
import { controlDeviations } from './control';
import { headerDeviations } from './header';
import { identityDeviations } from './identity';
import { loadDeviations } from './load';
import { ncSiCommandDeviations } from './nc-si-commands';
import { ncSiPacketDeviations } from './nc-si-packet';
import { ncSiStateDeviations } from './nc-si-state';
import { nvmeMiMessageDeviations } from './nvme-mi';
import { nvmeMiDataDeviations } from './nvme-mi-data';
import { nvmeMiStorageDeviations } from './nvme-mi-storage';
import { optionalDeviations } from './optional';
import { pldmDeviations } from './pldm';
import { pldmAnswerDeviations } from './pldm-answers';
import { driveDeviations } from './pldm-drives';
import { firmwareDeviations } from './pldm-firmware';
import { fruDeviations } from './pldm-fru';
import { platformDeviations } from './pldm-platform';
import { sensorDeviations } from './pldm-sensors';
import { pldmVersionDeviations } from './pldm-versions';
import { requestDeviations } from './requests';
import { restartDeviations } from './restart';
import { serialDeviations } from './serial';
import { setEndpointIdDeviations } from './set-endpoint-id';
import { smbusDeviations } from './smbus';
import { spdmDeviations } from './spdm';
import { supportDeviations } from './support';
import { transmissionDeviations } from './transmission';
import { unknownCommandDeviations } from './unknown-commands';
import { wholeAnswerDeviations } from './whole-answers';

/** Every named fault of the emulated device. */
export const deviations: readonly Deviation[] = [
  ...headerDeviations,
  ...assemblyDeviations,
  ...transmissionDeviations,
  ...controlDeviations,
  ...setEndpointIdDeviations,
  ...identityDeviations,
  ...supportDeviations,
  ...unknownCommandDeviations,
  ...wholeAnswerDeviations,
  ...loadDeviations,
  ...optionalDeviations,
  ...requestDeviations,
  ...restartDeviations,
  ...smbusDeviations,
  ...serialDeviations,
  ...pldmDeviations,
  ...pldmVersionDeviations,
  ...fruDeviations,
  ...platformDeviations,
  ...sensorDeviations,
  ...firmwareDeviations,
  ...driveDeviations,
  ...pldmAnswerDeviations,
  ...bridgeDeviations,
  ...ncSiPacketDeviations,
  ...ncSiStateDeviations,
  ...ncSiCommandDeviations,
  ...nvmeMiMessageDeviations,
  ...nvmeMiDataDeviations,
  ...nvmeMiStorageDeviations,
  ...spdmDeviations,
];
