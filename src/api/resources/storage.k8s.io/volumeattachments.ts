// VolumeAttachments: the wish that a volume be attached to a node, and in the status what the driver made of it.
import type { FieldError } from '../../definition.ts';
import { addFindings, forbidden, invalid, required, tooLong } from '../../field-error.ts';
import { equalJson } from '../../json.ts';
import type { VolumeAttachment } from '../../types.ts';
import { dnsSubdomain } from '../../validation/findings.ts';
import { validateInlineVolume } from '../../validation/persistent-volume.ts';
import { csiDriverName } from '../../validation/volume-sources.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, statusOf } from '../define.ts';

export const VOLUME_ATTACHMENTS = defineResource({
  group: 'storage.k8s.io',
  version: 'v1',
  plural: 'volumeattachments',
  kind: 'VolumeAttachment',
  namespaced: false,
  subresources: [statusOf('storage.k8s.io', 'v1', 'VolumeAttachment')],
  columns: [
    NAME_COLUMN,
    column<VolumeAttachment>('Attacher', ({ spec }) => spec?.attacher ?? ''),
    column<VolumeAttachment>('PV', ({ spec }) => spec?.source?.persistentVolumeName ?? ''),
    column<VolumeAttachment>('Node', ({ spec }) => spec?.nodeName ?? ''),
    column<VolumeAttachment>('Attached', ({ status }) => status?.attached ?? false, { type: 'boolean' }),
    AGE_COLUMN,
  ],
  strategy: {
    allowUnconditionalUpdate: false,
    prepareForCreate(object) {
      (object as VolumeAttachment).status = { attached: false };
    },
    prepareForUpdate(object, old) {
      const { status } = old as VolumeAttachment;
      if (status === undefined) delete (object as VolumeAttachment).status;
      else (object as VolumeAttachment).status = { ...status };
      return false;
    },
    prepareForStatusUpdate(object, old) {
      const attachment = object as VolumeAttachment;
      const { metadata, spec } = old as VolumeAttachment;
      if (spec !== undefined) attachment.spec = spec;
      // The driver reports; labels, owners and finalizers are not the status's to change.
      for (const field of ['annotations', 'finalizers', 'labels', 'ownerReferences'] as const) {
        if (metadata?.[field] === undefined) delete attachment.metadata?.[field];
        else attachment.metadata = { ...attachment.metadata, [field]: metadata[field] };
      }
      if (attachment.status !== undefined) attachment.status.attached ??= false;
    },
    validate: (object) => validateAttachment(object as VolumeAttachment),
    validateUpdate: (object, old) => validateAttachmentUpdate(object as VolumeAttachment, old as VolumeAttachment),
    validateStatusUpdate: (object) => validateStatus(object as VolumeAttachment),
  },
});

const ONE_SOURCE = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';

function validateAttachment({ spec }: VolumeAttachment): FieldError[] {
  const { inlineVolumeSpec, persistentVolumeName: name } = spec?.source ?? {};
  const errors: FieldError[] = [];
  if (inlineVolumeSpec === undefined && name === undefined) errors.push(required('spec.source', ONE_SOURCE));
  else if (inlineVolumeSpec !== undefined && name !== undefined) errors.push(forbidden('spec.source', ONE_SOURCE));
  else if (name === '')
    errors.push(required('spec.source.persistentVolumeName', 'must specify non empty persistentVolumeName'));
  else if (name !== undefined) addFindings(errors, dnsSubdomain(name, 'spec.source.persistentVolumeName'));
  else if (inlineVolumeSpec !== undefined)
    addFindings(errors, validateInlineVolume(inlineVolumeSpec, 'spec.source.inlineVolumeSpec'));
  addFindings(errors, csiDriverName(spec?.attacher, 'spec.attacher'));
  return [...errors, ...dnsSubdomain(spec?.nodeName ?? '', 'spec.nodeName')];
}

function validateAttachmentUpdate({ spec }: VolumeAttachment, { spec: old }: VolumeAttachment): FieldError[] {
  return equalJson(spec, old) ? [] : [invalid('spec', spec ?? null, 'field is immutable')];
}

const METADATA_LIMIT_BYTES = 256 * 1024;
const MESSAGE_LIMIT_CHARACTERS = 1024;

function validateStatus({ status }: VolumeAttachment): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(status?.attachmentMetadata ?? {}))
    size += Buffer.byteLength(key) + Buffer.byteLength(value);
  if (size > METADATA_LIMIT_BYTES) errors.push(tooLong('status.attachmentMetadata', METADATA_LIMIT_BYTES));
  for (const field of ['attachError', 'detachError'] as const) {
    const { message = '', errorCode = 0 } = status?.[field] ?? {};
    if (message.length > MESSAGE_LIMIT_CHARACTERS)
      errors.push(tooLong(`status.${field}.message`, METADATA_LIMIT_BYTES));
    if (errorCode < 0)
      errors.push(invalid(`status.${field}.errorCode`, errorCode, 'must be between 0 and 2147483647, inclusive'));
  }
  return errors;
}
