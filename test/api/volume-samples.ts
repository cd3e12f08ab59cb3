// A volume of every source, complete: for the tests of what is accepted, and of what happens when parts are left out.

export const claimTemplate = {
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
};

export const VOLUME_SAMPLES: readonly object[] = [
  { emptyDir: { sizeLimit: '1Gi' } },
  { hostPath: { path: '/x', type: 'DirectoryOrCreate' } },
  { gitRepo: { repository: 'r', directory: 'd' } },
  { gcePersistentDisk: { pdName: 'd' } },
  { awsElasticBlockStore: { volumeID: 'v' } },
  { secret: { secretName: 's', items: [{ key: 'k', path: 'a/b', mode: 0o400 }] } },
  { nfs: { server: 's', path: '/p' } },
  { iscsi: { targetPortal: 'p', iqn: 'iqn.2015-02.example.com:disk', lun: 1 } },
  { glusterfs: { endpoints: 'e', path: 'p' } },
  { flocker: { datasetName: 'd' } },
  { persistentVolumeClaim: { claimName: 'c' } },
  { rbd: { monitors: ['m'], image: 'i' } },
  { cinder: { volumeID: 'v' } },
  { cephfs: { monitors: ['m'] } },
  { quobyte: { registry: 'a:1,b:2', volume: 'v' } },
  { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
  { fc: { targetWWNs: ['w'], lun: 3 } },
  { flexVolume: { driver: 'd', options: { 'example.com/a': 'b' } } },
  { configMap: { name: 'c', defaultMode: 0o644 } },
  { azureFile: { secretName: 's', shareName: 'h' } },
  { vsphereVolume: { volumePath: 'p' } },
  { photonPersistentDisk: { pdID: 'p' } },
  { portworxVolume: { volumeID: 'v' } },
  { azureDisk: { diskName: 'd', diskURI: 'https://x' } },
  { storageos: { volumeName: 'v' } },
  { scaleIO: { gateway: 'g', system: 's', volumeName: 'v', secretRef: { name: 's' } } },
  { csi: { driver: 'example.com', readOnly: true, volumeAttributes: { a: 'b' } } },
  { ephemeral: { volumeClaimTemplate: claimTemplate } },
  { image: { reference: 'example.com/data:1' } },
  { projected: { sources: [{ serviceAccountToken: { path: 'token' } }, { secret: { name: 's' } }] } },
  { projected: { sources: [{ clusterTrustBundle: { signerName: 'example.com/s', path: 'ca' } }] } },
];
