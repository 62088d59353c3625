# SPDX-License-Identifier: Apache-2.0
"""Features of random worlds that came after gen.py's own: each changes the finished world of a generator g."""
import json

RELEASES = ['r1', 'r2']


def ask(g, kind, name, ns=None, **rest):
    """One more object in the world."""
    o = {'apiVersion': 'storage.k8s.io/v1' if kind in ('StorageClass', 'CSIDriver', 'CSIStorageCapacity') else 'v1', 'kind': kind, 'metadata': dict({'name': name}, **({'namespace': ns} if ns else {})), **rest}
    g.items.append(o)
    return o


def gates(g):
    """Pods that nothing may try to place yet."""
    for p in g.pods(False):
        if g.p(.15): p['spec']['schedulingGates'] = [{'name': 'example.com/quota'}]


def keys(g):
    """matchLabelKeys and mismatchLabelKeys, of which the API server makes requirements when the pod is created."""
    for p in g.pods(True) + g.pods(False):
        if g.p(.8): p['metadata'].setdefault('labels', {})['release'] = g.q(RELEASES)
        terms = [(c, False) for c in p['spec'].get('topologySpreadConstraints', [])]
        for kind in ('podAffinity', 'podAntiAffinity'):
            for l in p['spec'].get('affinity', {}).get(kind, {}).values(): terms += [(t.get('podAffinityTerm', t), True) for t in l]
        for t, both in terms:
            t.pop('matchLabelKeys', None)
            free = [k for k in ('release', 'tier', 'nothing') if k not in json.dumps(t.get('labelSelector'))]
            if not free or not g.p(.5): continue
            if both and g.p(.4): t['mismatchLabelKeys'] = [free.pop(g.r.randrange(len(free)))]
            if free and g.p(.7): t['matchLabelKeys'] = g.r.sample(free, g.r.randint(1, len(free)))


def resize(g):
    """Containers whose resources are being changed: what the spec wants, what the kubelet has allocated, and what runs differ."""
    for p in g.pods(True):
        sp, st = p['spec'], p['status']
        if st.get('phase') != 'Running' or not g.p(.5): continue
        def status(c, sidecar):
            s = {'name': c['name'], 'ready': True, 'restartCount': 0, 'image': c['image'], 'imageID': '', 'state': {'running': {}}}
            if sidecar: s['started'] = True
            amount = lambda: {k: v for k, v in (('cpu', g.q(['50m', '100m', '500m', '2'])), ('memory', g.q(['64Mi', '512Mi', '3Gi']))) if g.p(.9)}
            if g.p(.7): s['resources'] = {'requests': amount()}
            if g.p(.7): s['allocatedResources'] = amount()
            return s
        st['containerStatuses'] = [status(c, False) for c in sp['containers'] if g.p(.9)]
        ic = [status(c, True) for c in sp.get('initContainers', []) if c.get('restartPolicy') == 'Always']
        if ic: st['initContainerStatuses'] = ic
        if g.p(.4): st.setdefault('conditions', []).append({'type': 'PodResizePending', 'status': 'True', 'reason': g.q(['Infeasible', 'Deferred'])})
        elif g.p(.3): st.setdefault('conditions', []).append({'type': 'PodResizeInProgress', 'status': 'True'})
        if 'resources' in sp and g.p(.6):
            st['allocatedResources'] = {'cpu': g.q(['1', '14']), 'memory': g.q(['1Gi', '22Gi'])}
            st['resources'] = {'requests': {'cpu': g.q(['1', '15']), 'memory': g.q(['1Gi', '23Gi'])}}


def stray(g):
    """Pods on nodes that are gone, host ports of sidecars, several extended resources, ReplicationControllers."""
    rest = ['example.com/fpga', 'vendor.example/nic']
    for n in g.nodes:
        for k in rest:
            if g.p(.3): n['status'].setdefault('allocatable', n['status']['capacity'])[k] = str(g.r.randint(0, 3))
    owners = []
    for i in range(2):
        app = g.q(g.apps)
        o = ask(g, 'ReplicationController', f'{app}-rc{i}', g.q(['default', 'prod']), spec={'selector': {'app': app}, 'template': {'metadata': {'labels': {'app': app}}, 'spec': {'containers': [{'name': 'c', 'image': 'registry.local/web:v1'}]}}})
        o['metadata']['uid'] = f'uid-rc{i}'
        owners.append((o, app))
    for p in g.pods(True):
        if g.p(.03): p['spec']['nodeName'] = 'node-gone'
    for n in g.nodes:   # what kubelets declare, and pods that need it
        n['status']['declaredFeatures'] = sorted(g.r.sample(['RestartAllContainersOnContainerExits', 'UserNamespacesHostNetworkSupport', 'InPlacePodVerticalScalingInitContainers'], g.r.randint(0, 3)))   # the API server takes them sorted only
    for p in g.pods(True) + g.pods(False):
        c = p['spec']['containers'][0]
        if g.p(.1):
            c['restartPolicy'] = 'Never'
            c['restartPolicyRules'] = [{'action': g.q(['Restart', 'RestartAllContainers', 'RestartAllContainers']), 'exitCodes': {'operator': 'In', 'values': [42]}}]
        if g.p(.1): p['spec']['hostUsers'] = g.q([True, False, False]); p['spec']['hostNetwork'] = g.p(.7)
        for k in rest:
            if g.p(.12):
                for part in ('requests', 'limits'): c.setdefault('resources', {}).setdefault(part, {})[k] = '1'
        for c in p['spec'].get('initContainers', []):
            if g.p(.3): c['ports'] = [{'containerPort': 9090, 'hostPort': 9090}]
        if g.p(.1) and 'volumes' not in p['spec']:   # its claims are in its namespace
            o, app = g.q(owners)
            p['metadata']['namespace'] = o['metadata']['namespace']
            p['metadata']['labels'] = {'app': app}
            p['metadata']['ownerReferences'] = [{'apiVersion': 'v1', 'kind': 'ReplicationController', 'name': o['metadata']['name'], 'uid': o['metadata']['uid'], 'controller': True}]


def waits(g):
    """Claims that wait for their pod, and the volumes that are there for them: what one pod takes the next one does not get.

    No two volumes have one size: of equals the scheduler takes any."""
    modes = [['ReadWriteOnce'], ['ReadWriteOnce', 'ReadOnlyMany'], ['ReadWriteMany']]
    for name, prov in (('disks', 'kubernetes.io/no-provisioner'), ('shelves', 'kubernetes.io/no-provisioner'), ('made', 'disk.example.com')):
        o = ask(g, 'StorageClass', name, provisioner=prov, volumeBindingMode='WaitForFirstConsumer')
        if name == 'made' and g.p(.4): o['allowedTopologies'] = [{'matchLabelExpressions': [{'key': 'topology.kubernetes.io/zone', 'values': ['zone-0', 'zone-1']}]}]
    claims = {}
    def claim(ns, name):
        cls = g.q(['disks', 'disks', 'shelves', 'made'])
        o = ask(g, 'PersistentVolumeClaim', name, ns, spec={'storageClassName': cls, 'accessModes': g.q(modes[:2] + [['ReadWriteOnce']] * 3 + [['ReadWriteOncePod']] * g.p(.2)), 'resources': {'requests': {'storage': g.q(['1Gi', '2Gi', '5Gi'])}}}, status={'phase': 'Pending'})
        o['metadata']['uid'] = f'uid-{ns}-{name}'
        if g.p(.1): o['spec']['selector'] = {'matchLabels': {'rack': g.q(['a', 'b'])}}
        if g.p(.05): o['spec']['volumeMode'] = 'Block'
        if g.p(.05): o['metadata']['annotations'] = {'volume.kubernetes.io/selected-node': g.q(g.nodes)['metadata']['name']}
        claims.setdefault(ns, []).append(o)
        return name
    for p in g.pods(False):
        if not g.p(.8): continue
        ns, name, sp = p['metadata']['namespace'], p['metadata']['name'], p['spec']
        for i in range(g.q([1, 1, 1, 2])):
            old = [c for c in claims.get(ns, []) if c['metadata']['name'] not in json.dumps(sp.get('volumes', []))]
            if old and g.p(.3): v = {'persistentVolumeClaim': {'claimName': g.q(old)['metadata']['name']}}
            elif g.p(.15):
                v = {'ephemeral': {'volumeClaimTemplate': {'spec': {'storageClassName': 'disks', 'accessModes': ['ReadWriteOnce'], 'resources': {'requests': {'storage': '1Gi'}}}}}}
                claim(ns, f'{name}-w{i}')
                claims[ns].pop()['metadata']['ownerReferences'] = [{'apiVersion': 'v1', 'kind': 'Pod', 'name': name, 'uid': p['metadata']['uid'], 'controller': True}]
            else: v = {'persistentVolumeClaim': {'claimName': claim(ns, f'waits-{name}-{i}')}}
            if g.p(.15) and p['metadata'].get('labels'): continue   # a claim that nobody uses
            sp.setdefault('volumes', []).append(dict({'name': f'w{i}'}, **v))
    every, asked = [c for l in claims.values() for c in l], set()
    for i in range(g.r.randint(1, 2 * len(every) + 2)):
        o = ask(g, 'PersistentVolume', f'shelf-{i}', spec={'capacity': {'storage': f"{g.q([1000, 1100, 2500, 6000]) + i}Mi"}, 'accessModes': g.q(modes[:2] + [['ReadWriteOnce', 'ReadWriteOncePod']]), 'storageClassName': g.q(['disks', 'disks', 'shelves', 'made']), 'persistentVolumeReclaimPolicy': 'Retain', 'local': {'path': '/d'}},
                status={'phase': g.q(['Available'] * 8 + ['Released'])})
        if g.p(.3): o['metadata']['labels'] = {'rack': g.q(['a', 'b'])}
        if g.p(.05): o['spec']['volumeMode'] = 'Block'
        if g.p(.9):
            e = {'key': 'kubernetes.io/hostname', 'operator': 'In', 'values': sorted({g.q(g.nodes)['metadata']['name'] for _ in range(g.q([1, 1, 3]))})}
            if g.p(.3): e = {'key': 'topology.kubernetes.io/zone', 'operator': 'In', 'values': [g.q(['zone-0', 'zone-1'])]}
            o['spec']['nodeAffinity'] = {'required': {'nodeSelectorTerms': [{'matchExpressions': [e]}]}}
        if every and g.p(.03): g.q(every)['spec']['volumeName'] = o['metadata']['name']   # asked for, not bound
        if every and g.p(.12):
            c = g.q(every)
            o['spec']['claimRef'] = {'namespace': c['metadata']['namespace'], 'name': c['metadata']['name']}
            if g.p(.5): o['spec']['claimRef']['uid'] = c['metadata']['uid'] if g.p(.6) else 'of-one-before'
            if id(c) in asked: del o['spec']['claimRef']   # of two for one claim upstream takes any
            asked.add(id(c))


def csi(g):
    """What CSI drivers say of themselves: the capacity that they have, the topology of what was in-tree before them."""
    plugins = {'kubernetes.io/aws-ebs': ('topology.ebs.csi.aws.com/zone', 'awsElasticBlockStore', 'volumeID'), 'kubernetes.io/gce-pd': ('topology.gke.io/zone', 'gcePersistentDisk', 'pdName'),
               'kubernetes.io/cinder': ('topology.cinder.csi.openstack.org/zone', 'cinder', 'volumeID'), 'kubernetes.io/azure-disk': ('topology.disk.csi.azure.com/zone', 'azureDisk', 'diskURI')}
    zones, region = ['zone-0', 'zone-1'], 'topology.kubernetes.io/region'
    for o in [i for i in g.items if i['kind'] == 'CSINode']:
        if g.p(.8): o['metadata']['annotations'] = {'storage.alpha.kubernetes.io/migrated-plugins': ','.join(sorted(p for p in plugins if g.p(.7)))}
    for n in g.nodes:
        l = n['metadata']['labels']
        for key, _, _ in plugins.values():
            if g.p(.6): l[key] = l.get('topology.kubernetes.io/zone', 'zone-0') if g.p(.8) else g.q(zones)
        if g.p(.5): l[g.q([region, 'failure-domain.beta.kubernetes.io/region'])] = g.q(['east', 'west'])
    for o in [i for i in g.items if i['kind'] == 'PersistentVolume']:
        sp = o['spec']
        if 'claimRef' not in sp or 'local' in sp: continue
        if g.p(.6):   # a bound one of an in-tree type
            for t in ('csi', 'awsElasticBlockStore', 'gcePersistentDisk', 'nfs'): sp.pop(t, None)
            _, kind, handle = g.q(sorted(plugins.values()))
            sp[kind] = {handle: f'vol-{g.r.randrange(9)}'}
            if kind == 'azureDisk': sp[kind].update(diskName='d', kind='Managed')
        old = g.p(.4)
        zone = 'failure-domain.beta.kubernetes.io/zone' if old else 'topology.kubernetes.io/zone'
        if g.p(.5):
            es = [{'key': zone, 'operator': 'In', 'values': g.r.sample(zones, g.q([1, 2]))}]
            if g.p(.3): es.append({'key': 'failure-domain.beta.kubernetes.io/region' if old else region, 'operator': 'In', 'values': ['east']})
            sp['nodeAffinity'] = {'required': {'nodeSelectorTerms': [{'matchExpressions': es}] + [{'matchExpressions': [{'key': 'disk', 'operator': 'Exists'}]}] * g.p(.2)}}
        labels = o['metadata'].get('labels') or {}
        if g.p(.3): labels[g.q([zone, 'topology.kubernetes.io/zone'])] = g.q(zones + ['zone-0__zone-1'])
        if 'gcePersistentDisk' in sp: labels = {k: v.split('__')[0] for k, v in labels.items()}   # of several zones upstream asks the region, which these do not tell
        if labels: o['metadata']['labels'] = labels
    for name in ('disk.example.com', 'ebs.csi.aws.com'):
        if g.p(.8): ask(g, 'CSIDriver', name, spec=dict({'storageCapacity': True} if g.p(.85) else {}))
    for i in range(g.r.randint(0, 6)):
        o = ask(g, 'CSIStorageCapacity', f'room-{i}', g.q(['default', 'prod']), storageClassName=g.q(['fast', 'made', 'made', 'ebs']))
        if g.p(.9): o['capacity'] = g.q(['500Mi', '1Gi', '2Gi', '4Gi', '100Gi', '0'])
        if g.p(.2): o['maximumVolumeSize'] = g.q(['1Gi', '2500Mi'])
        if g.p(.9): o['nodeTopology'] = g.q([{}, {'matchLabels': {'topology.kubernetes.io/zone': g.q(zones)}}, {'matchLabels': {'kubernetes.io/hostname': g.q(g.nodes)['metadata']['name']}},
                                             {'matchExpressions': [{'key': 'topology.kubernetes.io/zone', 'operator': 'In', 'values': zones}]}])


FEATURES = {'gates': gates, 'keys': keys, 'resize': resize, 'stray': stray, 'waits': waits, 'csi': csi}
