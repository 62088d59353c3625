#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""gen.py SEED THEME NNODES NBOUND NPENDING > world.json: a seeded random world of plain Kubernetes objects.

Themes extras (what the older themes leave out), ties (nodes and pods alike), volumes and nominated came
later, then those with features of more.py."""
import json, random, sys, datetime
import more
T0 = datetime.datetime(2026, 1, 1)
def ts(s): return (T0 + datetime.timedelta(seconds=s)).strftime('%Y-%m-%dT%H:%M:%SZ')
APPS = ['web', 'api', 'db', 'cache', 'batch', 'queue']
TIERS = ['front', 'back', 'data']
NSS = ['default', 'prod', 'dev']
IMAGES = [('registry.local/web:v1', 120), ('registry.local/api:v2', 480), ('registry.local/db:13', 950), ('registry.local/cache', 60),
          ('registry.local/batch:latest', 1500), ('registry.local/queue:3', 300), ('registry.local/sidecar:1', 25), ('registry.local/huge:1', 4200)]
CPUS = ['10m', '50m', '100m', '0.1', '250m', '0.5', '500m', '750m', '1', '1500m', '2', '2.5', '4']
MEMS = ['16Mi', '64Mi', '100M', '128Mi', '131072Ki', '0.25Gi', '256Mi', '512Mi', '1G', '1Gi', '1.5Gi', '1e9', '2Gi', '3000Mi', '4Gi']
EPH = ['100Mi', '1Gi', '2G', '5Gi']
FEATURES = {
 'resources': {'res'}, 'taints': {'taint', 'unsched'}, 'nodeaffinity': {'nodeaff', 'nodesel'}, 'podaffinity': {'podaff'},
 'spread': {'spread', 'taint', 'nodesel'}, 'defaultspread': {'svc'}, 'portsimages': {'ports', 'images'}, 'preemption': {'prio', 'pdb', 'full'},
 'preempt-mix': {'prio', 'pdb', 'full', 'podaff', 'spread', 'ports', 'taint', 'svc'},
 'all': {'res', 'taint', 'unsched', 'nodeaff', 'nodesel', 'podaff', 'spread', 'svc', 'ports', 'images', 'prio', 'pdb'},
 'extras': {'res', 'taint', 'unsched', 'nodeaff', 'nodesel', 'podaff', 'spread', 'svc', 'ports', 'images', 'prio', 'pdb', 'full', 'extra'},
 'ties': {'prio', 'pdb', 'full', 'tie'},
 'volumes': {'vol', 'prio'},
 'nominated': {'prio', 'pdb', 'full', 'podaff', 'spread', 'ports', 'taint', 'svc', 'nominee'},
 'waiting': {'waits', 'prio', 'pdb', 'nodesel'},
 'resized': {'res', 'prio', 'resize', 'stray', 'svc', 'ports'},
 'labelkeys': {'podaff', 'spread', 'svc', 'prio', 'full', 'keys'},
 'drivers': {'vol', 'waits', 'prio', 'csi'},
 'mix': {'res', 'taint', 'unsched', 'nodeaff', 'nodesel', 'podaff', 'spread', 'svc', 'ports', 'images', 'prio', 'pdb', 'extra', 'vol', 'nominee', 'gates', 'keys', 'resize', 'stray', 'waits'},
}
class G:
    def __init__(s, seed, theme, nn, nb, npd):
        s.r = random.Random(seed * 1000003 + 17); s.f = FEATURES[theme]
        if theme == 'mix': s.f = {f for f in sorted(s.f) if s.p(.35)}   # all at once leave next to no pod a node
        s.nn, s.nb, s.np = nn, nb, npd; s.items = []
        s.big = nn >= 1000
        s.apps = APPS if not s.big else [f'{a}{i}' for i in range(40) for a in APPS]   # large worlds: 240 applications
    def p(s, x): return s.r.random() < x
    def has(s, f): return f in s.f
    def q(s, l): return s.r.choice(l)
    def run(s):
        r = s.r
        nsl = []
        for n in NSS:
            lab = {'kubernetes.io/metadata.name': n, 'env': {'default': 'none', 'prod': 'live', 'dev': 'test'}[n]}
            nsl.append({'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': {'name': n, 'labels': lab}})
        s.items += nsl
        s.classes = []
        if s.has('prio'):
            s.classes = [('low', -10, None), ('normal', 100, None), ('mid', 1000, None), ('high', 100000, None), ('polite', 50000, 'Never')]
            for n, v, pp in s.classes:
                o = {'apiVersion': 'scheduling.k8s.io/v1', 'kind': 'PriorityClass', 'metadata': {'name': n}, 'value': v}
                if pp: o['preemptionPolicy'] = pp
                if n == 'normal' and s.p(.3): o['globalDefault'] = True
                s.items.append(o)
        if s.has('svc'):
            for a in s.apps:
                for n in NSS:
                    if s.p(.5):
                        s.items.append({'apiVersion': 'v1', 'kind': 'Service', 'metadata': {'name': a, 'namespace': n}, 'spec': {'selector': {'app': a}, 'ports': [{'port': 80}]}})
            s.rs = []
            for i in range(6 if not s.big else 200):
                a, t, n = s.q(s.apps), s.q(TIERS), s.q(NSS)
                nm = f'{a}-rs{i}'
                s.rs.append((nm, n, a, t))
                kind = s.q(['ReplicaSet', 'ReplicaSet', 'StatefulSet'])
                sel = {'matchLabels': {'app': a}, 'matchExpressions': [{'key': 'tier', 'operator': 'In', 'values': [t]}]}
                sp = {'selector': sel, 'template': {'metadata': {'labels': {'app': a, 'tier': t}}, 'spec': {'containers': [{'name': 'c', 'image': 'registry.local/web:v1'}]}}}
                if kind == 'StatefulSet': sp['serviceName'] = a
                s.items.append({'apiVersion': 'apps/v1', 'kind': kind, 'metadata': {'name': nm, 'namespace': n, 'uid': f'uid-{nm}'}, 'spec': sp})
                s.rs[-1] = s.rs[-1] + (kind,)
        s.nodes = [s.node(i) for i in range(s.nn)]
        s.items += s.nodes
        if s.has('pdb'):
            for i in range(r.randint(1, 5)):
                allowed = r.randint(0, 2)
                s.items.append({'apiVersion': 'policy/v1', 'kind': 'PodDisruptionBudget', 'metadata': {'name': f'pdb{i}', 'namespace': s.q(NSS)},
                    'spec': {'minAvailable': 1, 'selector': {'matchLabels': {'app': s.q(s.apps)}}},
                    'status': {'disruptionsAllowed': allowed, 'currentHealthy': 3, 'desiredHealthy': 3 - allowed, 'expectedPods': 3, 'observedGeneration': 1}})
        for i in range(s.nb): s.items.append(s.pod(i, True))
        for i in range(s.np): s.items.append(s.pod(i, False))
        if s.has('extra'): s.extras()
        if s.has('tie'): s.ties()
        if s.has('vol'): s.volumes()
        if s.has('nominee'): s.nominees()
        for f in more.FEATURES:
            if s.has(f): more.FEATURES[f](s)
        return {'apiVersion': 'v1', 'kind': 'List', 'items': s.items}
    def pods(s, bound):
        return [i for i in s.items if i['kind'] == 'Pod' and bool(i['spec'].get('nodeName')) == bound]
    def extras(s):
        """What the older themes leave out."""
        if s.p(.3): s.items = [i for i in s.items if not (i['kind'] == 'Namespace' and i['metadata']['name'] == 'dev')]
        for i in range(s.r.randint(0, 4)):   # several budgets for one pod; empty and absent selectors; disruptedPods
            sel = s.q([{'matchLabels': {'app': s.q(s.apps)}}, {'matchExpressions': [{'key': 'tier', 'operator': s.q(['Exists', 'DoesNotExist'])}]}, {}, None])
            o = {'apiVersion': 'policy/v1', 'kind': 'PodDisruptionBudget', 'metadata': {'name': f'more{i}', 'namespace': s.q(NSS)},
                 'spec': {'minAvailable': 1}, 'status': {'disruptionsAllowed': s.r.randint(0, 2), 'currentHealthy': 3, 'desiredHealthy': 1, 'expectedPods': 3}}
            if sel is not None: o['spec']['selector'] = sel
            b = s.pods(True)
            if b and s.p(.3): o['status']['disruptedPods'] = {s.q(b)['metadata']['name']: ts(49000) for _ in range(3)}
            s.items.append(o)
        for p in s.pods(True) + s.pods(False):
            sp = p['spec']
            if s.p(.05): p['metadata'].pop('labels', None)
            if s.p(.08): sp['hostNetwork'] = True; sp['containers'][0].setdefault('ports', []).append({'containerPort': s.q([80, 443, 8080])})
            if s.p(.06): sp.setdefault('volumes', []).append({'name': 'img', 'image': {'reference': s.q(IMAGES)[0]}})
            if s.p(.05): sp['priority'] = s.r.randint(-5, 2000)
            if s.p(.03): sp['preemptionPolicy'] = 'Never'
            if s.p(.1): sp.setdefault('tolerations', []).append({'key': 'gen', 'operator': s.q(['Gt', 'Lt']), 'value': '5'})
            if s.p(.1): sp.setdefault('tolerations', []).append({'operator': 'Exists', 'effect': s.q(['NoSchedule', 'NoExecute', 'PreferNoSchedule'])})
            for c in sp.get('topologySpreadConstraints', []):
                if s.p(.4): c['matchLabelKeys'] = s.r.sample(['tier', 'nothing'], s.r.randint(1, 2))
                if s.p(.1): c['labelSelector'] = {}
                elif s.p(.1): c.pop('labelSelector', None)
                if s.p(.1): c['topologyKey'] = s.q(['topology.kubernetes.io/region', 'kubernetes.io/arch', 'gen'])
            keys = set()
            if 'topologySpreadConstraints' in sp:
                sp['topologySpreadConstraints'] = [c for c in sp['topologySpreadConstraints'] if not ((c['topologyKey'], c['whenUnsatisfiable']) in keys or keys.add((c['topologyKey'], c['whenUnsatisfiable'])))]
            for kind in ('podAffinity', 'podAntiAffinity'):
                for l in sp.get('affinity', {}).get(kind, {}).values():
                    for t in l:
                        t = t.get('podAffinityTerm', t)
                        if s.p(.1): t['namespaceSelector'] = {'matchExpressions': [s.q([{'key': 'env', 'operator': 'NotIn', 'values': ['live']}, {'key': 'env', 'operator': 'Exists'}, {'key': 'nosuch', 'operator': 'DoesNotExist'}])]}
                        if s.p(.05): t['labelSelector'] = {}
                        elif s.p(.05): t.pop('labelSelector', None)
                        if s.p(.1): t['topologyKey'] = s.q(['topology.kubernetes.io/region', 'gen'])
            na = sp.get('affinity', {}).get('nodeAffinity', {})
            for t in na.get('requiredDuringSchedulingIgnoredDuringExecution', {}).get('nodeSelectorTerms', []):
                if s.p(.1): t.setdefault('matchFields', []).append({'key': 'metadata.name', 'operator': s.q(['In', 'NotIn']), 'values': [s.q(s.nodes)['metadata']['name']]})
                if s.p(.03): t.clear()
        for n in s.nodes:
            if s.p(.1): n['spec'].setdefault('taints', []).append({'key': 'gen', 'value': s.q(['3', '7']), 'effect': s.q(['NoSchedule', 'PreferNoSchedule'])})
            if s.p(.05): n['status'].pop('allocatable', None)
            if s.p(.05): n['metadata']['labels']['topology.kubernetes.io/zone'] = ''
            if s.p(.05): n['metadata']['labels']['kubernetes.io/hostname'] = 'shared-host'
    def nominees(s):
        """Pending pods for which preemption has made room, or is making it."""
        for p in s.pods(False):
            if s.p(.5): p.setdefault('status', {})['nominatedNodeName'] = s.q(s.nodes)['metadata']['name'] if not s.p(.05) else 'gone'
            if s.p(.3): p['spec']['priorityClassName'] = s.q(['normal', 'mid'])
        for p in s.pods(True):
            if s.p(.05) and p['status'].get('phase') == 'Running':
                p['metadata']['deletionTimestamp'] = ts(49000)
                p['status']['conditions'] = [{'type': 'DisruptionTarget', 'status': s.q(['True', 'True', 'False']), 'reason': s.q(['PreemptionByScheduler', 'PreemptionByScheduler', 'EvictionByEvictionAPI'])}]
    def volumes(s):
        """Claims, volumes, disks, and how many of them a node's drivers attach."""
        O = lambda api, kind, name, ns=None, **rest: s.items.append({'apiVersion': api, 'kind': kind, 'metadata': dict({'name': name}, **({'namespace': ns} if ns else {}), **rest.pop('md', {})), **rest}) or s.items[-1]
        zones = ['zone-0', 'zone-1', 'zone-2', 'zone-3']
        drivers = ['disk.example.com', 'ebs.csi.aws.com', 'pd.csi.storage.gke.io', 'cinder.csi.openstack.org']
        for n, prov, mode in (('fast', 'disk.example.com', 'WaitForFirstConsumer'), ('ebs', 'kubernetes.io/aws-ebs', 'WaitForFirstConsumer'), ('local', 'kubernetes.io/no-provisioner', 'WaitForFirstConsumer'),
                              ('now', 'disk.example.com', 'Immediate'), ('file', 'kubernetes.io/azure-file', 'WaitForFirstConsumer')):
            o = O('storage.k8s.io/v1', 'StorageClass', n, provisioner=prov, volumeBindingMode=mode)
            if n == 'fast' and s.p(.4): o['allowedTopologies'] = [{'matchLabelExpressions': [{'key': 'topology.kubernetes.io/zone', 'values': sorted(s.r.sample(zones, 2))}]}]
        for n in s.nodes:
            if s.p(.85):
                O('storage.k8s.io/v1', 'CSINode', n['metadata']['name'], spec={'drivers': [dict({'name': d, 'nodeID': 'i-' + n['metadata']['name'], 'topologyKeys': []}, **({'allocatable': {'count': s.q([0, 1, 2, 2, 3, 5])}} if s.p(.8) else {})) for d in drivers if s.p(.8)]})
        count = [0]
        def pv(**spec):
            count[0] += 1
            o = O('v1', 'PersistentVolume', f'pv{count[0]}', spec=dict({'capacity': {'storage': s.q(['1Gi', '5Gi', '10Gi'])}, 'accessModes': ['ReadWriteOnce'], 'persistentVolumeReclaimPolicy': 'Delete'}, **spec), status={'phase': 'Bound'})
            if s.p(.3): o['metadata']['labels'] = {s.q(['topology.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/zone']): s.q(zones + ['zone-0__zone-1'])}
            if s.p(.3): o['spec']['nodeAffinity'] = {'required': {'nodeSelectorTerms': [{'matchExpressions': [{'key': s.q(['topology.kubernetes.io/zone', 'disk']), 'operator': 'In', 'values': s.r.sample(zones, 2) + ['ssd']}]}]}}
            return o
        def claim(ns, volume=None, cls=None, mode='ReadWriteOnce', **md):
            count[0] += 1
            name = md.pop('name', f'claim{count[0]}')
            o = O('v1', 'PersistentVolumeClaim', name, ns, md=md, spec={'accessModes': [mode], 'resources': {'requests': {'storage': s.q(['1Gi', '2Gi', '5Gi'])}}}, status={'phase': 'Pending'})
            if cls: o['spec']['storageClassName'] = cls
            if volume:
                o['spec']['volumeName'] = volume['metadata']['name']; o['metadata'].setdefault('annotations', {})['pv.kubernetes.io/bind-completed'] = 'yes'
                o['status']['phase'] = 'Lost' if s.p(.03) else 'Bound'
                volume['spec']['claimRef'] = {'namespace': ns, 'name': name}
            return o
        def source():
            x = s.r.random()
            if x < .6: return {'csi': {'driver': s.q(drivers), 'volumeHandle': f'h{s.r.randrange(40)}'}}
            if x < .75: return {'awsElasticBlockStore': {'volumeID': s.q(['aws://zone-0/vol-%d', 'vol-%d']) % s.r.randrange(9)}}
            if x < .9: return {'gcePersistentDisk': {'pdName': f'disk{s.r.randrange(9)}'}}
            return {'nfs': {'server': 'nfs.local', 'path': '/x'}}
        for i in range(s.r.randint(0, 4)):
            o = pv(storageClassName='local', local={'path': '/d'}); o['spec']['capacity']['storage'] = f"{1024 * int(o['spec']['capacity']['storage'][:-2]) + i}Mi"  # of equals the scheduler takes any
            o['status']['phase'] = s.q(['Available', 'Available', 'Released'])
            o['spec']['nodeAffinity'] = {'required': {'nodeSelectorTerms': [{'matchExpressions': [{'key': 'kubernetes.io/hostname', 'operator': 'In', 'values': [s.q(s.nodes)['metadata']['name']]}]}]}}
        shared = {n: [claim(n, pv(**source()), mode=s.q(['ReadWriteMany', 'ReadWriteOncePod']), name=nm)['metadata']['name'] for nm in ('data', 'logs')] for n in NSS}
        def volume(p, i):
            ns, x = p['metadata']['namespace'], s.r.random()
            pvc = lambda c: {'persistentVolumeClaim': {'claimName': c}}
            if x < .35: return pvc(claim(ns, pv(**source()))['metadata']['name'])
            if x < .5: return pvc(s.q(shared[ns]))
            if x < .6: return pvc(claim(ns, cls=s.q(['fast', 'ebs', 'local', 'local', 'file']))['metadata']['name'])
            if x < .62: return pvc(claim(ns, cls='now')['metadata']['name']) if s.p(.5) else pvc('missing')
            if x < .68:
                claim(ns, pv(**source()), name=f"{p['metadata']['name']}-v{i}", ownerReferences=[{'apiVersion': 'v1', 'kind': 'Pod', 'name': p['metadata']['name'], 'uid': p['metadata']['uid'], 'controller': True}])
                return {'ephemeral': {'volumeClaimTemplate': {'spec': {'accessModes': ['ReadWriteOnce'], 'resources': {'requests': {'storage': '1Gi'}}}}}}
            ro = {'readOnly': True} if s.p(.5) else {}
            return s.q([{'awsElasticBlockStore': dict({'volumeID': f'vol-{s.r.randrange(9)}'}, **ro)}, {'gcePersistentDisk': dict({'pdName': f'disk{s.r.randrange(9)}'}, **ro)},
                        {'iscsi': dict({'targetPortal': 'p', 'iqn': f'iqn{s.r.randrange(4)}', 'lun': 0}, **ro)}, {'rbd': dict({'monitors': s.r.sample(['a', 'b', 'c'], 2), 'image': s.q(['x', 'y'])}, **ro)},
                        {'cinder': {'volumeID': f'c{s.r.randrange(9)}'}}, {'csi': {'driver': 'disk.example.com'}}, {'emptyDir': {}}])
        for p in s.pods(True) + s.pods(False):
            if s.p(.6): p['spec']['volumes'] = [dict({'name': f'v{i}'}, **volume(p, i)) for i in range(s.q([1, 1, 2, 3]))]
        pvs = [i['metadata']['name'] for i in s.items if i['kind'] == 'PersistentVolume']
        for i in range(s.r.randint(0, len(s.nodes) * 2)):
            O('storage.k8s.io/v1', 'VolumeAttachment', f'va{i}', spec={'attacher': s.q(drivers), 'nodeName': s.q(s.nodes)['metadata']['name'], 'source': {'persistentVolumeName': s.q(pvs)}}, status={'attached': True})
    def ties(s):
        """Nodes of one size, victims of few priorities and start times: the five rules often tie."""
        for n in s.nodes:
            n['status']['allocatable'] = n['status']['capacity'] = {'cpu': '4', 'memory': '8Gi', 'pods': '6'}
            n['spec'] = {}
        for p in s.pods(True):
            p['spec'] = {'nodeName': p['spec']['nodeName'], 'priorityClassName': s.q(['low', 'low', 'low', 'normal']),
                         'containers': [{'name': 'main', 'image': 'registry.local/web:v1', 'resources': {'requests': {'cpu': s.q(['1', '2']), 'memory': '1Gi'}}}]}
            if p['status'].get('phase') == 'Running': p['status']['startTime'] = ts(40000 + s.q([0, 0, 600]))
        for p in s.pods(False):
            p['spec'] = {'priorityClassName': s.q(['mid', 'high']),
                         'containers': [{'name': 'main', 'image': 'registry.local/web:v1', 'resources': {'requests': {'cpu': s.q(['2', '3', '4']), 'memory': '2Gi'}}}]}
    def node(s, i):
        r = s.r; name = f'node-{i:04d}'
        nz = 2 + (s.nn > 8) + (s.nn > 20)
        lab = {'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': s.q(['amd64', 'amd64', 'arm64']), 'disk': s.q(['ssd', 'hdd']), 'gen': str(r.randint(1, 9))}
        if not s.p(.07): lab['topology.kubernetes.io/zone'] = f'zone-{r.randrange(nz)}'; lab['topology.kubernetes.io/region'] = 'region-1'
        if s.p(.3): lab['gpu'] = 'true'
        if s.p(.1): del lab['gen']
        cpu = s.q(['2', '4', '4', '8', '3920m', '15890m', '32']); mem = s.q(['4Gi', '8Gi', '16Gi', '7543Mi', '32900280Ki', '64Gi', '16G'])
        if s.has('full'): cpu, mem = s.q(['2', '4', '3920m']), s.q(['4Gi', '8Gi', '7543Mi'])
        al = {'cpu': cpu, 'memory': mem, 'ephemeral-storage': s.q(['20Gi', '50Gi', '95491281146', '100Gi']), 'pods': str(s.q([4, 8, 12, 110, 110, 110]) if not s.has('full') else s.q([8, 30, 110]))}
        if s.p(.06) and s.has('res'): del al['ephemeral-storage']
        if s.p(.2) and s.has('res'): al['example.com/gpu'] = str(r.randint(0, 4))
        if s.p(.1) and s.has('res'): al['hugepages-2Mi'] = s.q(['0', '64Mi', '1Gi'])
        spec, tn = {}, []
        if s.has('taint'):
            for _ in range(s.q([0, 0, 0, 1, 1, 2])):
                tn.append({'key': s.q(['dedicated', 'spot', 'maint']), 'value': s.q(['a', 'b', '']), 'effect': s.q(['NoSchedule', 'PreferNoSchedule', 'PreferNoSchedule', 'NoExecute'])})
            if s.p(.04): tn.append({'key': 'node.kubernetes.io/not-ready', 'effect': 'NoExecute'}); tn.append({'key': 'node.kubernetes.io/not-ready', 'effect': 'NoSchedule'})
            if s.p(.05): tn.append({'key': 'node.kubernetes.io/memory-pressure', 'effect': 'NoSchedule'})
            u = {}
            for t in tn: u[(t['key'], t['effect'])] = t
            tn = [dict((k, v) for k, v in t.items() if v != '' or k == 'key') for t in u.values()]
        if s.has('unsched') and s.p(.12):
            spec['unschedulable'] = True
            if s.p(.6): tn.append({'key': 'node.kubernetes.io/unschedulable', 'effect': 'NoSchedule'})
        if tn: spec['taints'] = tn
        st = {'capacity': al, 'allocatable': al, 'conditions': [{'type': 'Ready', 'status': 'True', 'reason': 'KubeletReady'}]}
        if s.has('images') or s.p(.1):
            im = []
            for n, mb in IMAGES:
                if s.p(.4):
                    nm = n if ':' in n.split('/')[-1] else n + ':latest'
                    names = [nm]
                    if s.p(.5): names.insert(0, n.split(':')[0] + '@sha256:' + '%064x' % (hash_(n)))
                    im.append({'names': names, 'sizeBytes': mb * 1000003})
            st['images'] = im
        return {'apiVersion': 'v1', 'kind': 'Node', 'metadata': {'name': name, 'labels': lab}, 'spec': spec, 'status': st}
    def sel(s):
        x = s.r.random()
        if x < .6: return {'matchLabels': {'app': s.q(s.apps)}}
        if x < .75: return {'matchExpressions': [{'key': 'app', 'operator': 'In', 'values': sorted(s.r.sample(s.apps, 2))}]}
        if x < .85: return {'matchExpressions': [{'key': 'tier', 'operator': 'NotIn', 'values': [s.q(TIERS)]}]}
        if x < .93: return {'matchExpressions': [{'key': 'tier', 'operator': s.q(['Exists', 'DoesNotExist'])}]}
        return {'matchLabels': {'app': s.q(s.apps), 'tier': s.q(TIERS)}}
    def topo(s): return s.q(['kubernetes.io/hostname', 'topology.kubernetes.io/zone'])
    def term(s, own=None, host=False):
        t = {'topologyKey': s.topo() if not s.p(.08) else 'disk', 'labelSelector': {'matchLabels': {'app': own}} if own and s.p(.4) else s.sel()}
        if host: t = {'topologyKey': 'kubernetes.io/hostname', 'labelSelector': {'matchLabels': {'app': own or s.q(s.apps)}}}; return t
        x = s.r.random()
        if x < .15: t['namespaces'] = sorted(s.r.sample(NSS, s.r.randint(1, 2)))
        elif x < .25: t['namespaceSelector'] = {}
        elif x < .35: t['namespaceSelector'] = {'matchLabels': {'env': s.q(['live', 'test', 'none'])}}
        return t
    def podaff(s, bound, own):
        a = {}
        if s.p(.3 if bound else .4): a.setdefault('podAntiAffinity', {})['preferredDuringSchedulingIgnoredDuringExecution'] = [{'weight': s.q([1, 10, 50, 100]), 'podAffinityTerm': s.term(own)} for _ in range(s.r.randint(1, 2))]
        if s.p(.12 if bound else .35): a.setdefault('podAntiAffinity', {})['requiredDuringSchedulingIgnoredDuringExecution'] = [s.term(own, s.big)]
        if s.p(.3 if bound else .4): a.setdefault('podAffinity', {})['preferredDuringSchedulingIgnoredDuringExecution'] = [{'weight': s.q([1, 10, 50, 100]), 'podAffinityTerm': s.term(own)} for _ in range(s.r.randint(1, 2))]
        if s.p(.1 if bound else .3): a.setdefault('podAffinity', {})['requiredDuringSchedulingIgnoredDuringExecution'] = [s.term(own) for _ in range(s.q([1, 1, 2]))]
        return a
    def nreq(s):
        x = s.r.random()
        if x < .3: return {'key': 'disk', 'operator': 'In', 'values': [s.q(['ssd', 'hdd'])]}
        if x < .45: return {'key': 'topology.kubernetes.io/zone', 'operator': s.q(['In', 'NotIn']), 'values': sorted({s.q(['zone-0', 'zone-1', 'zone-2']), 'zone-0'})}
        if x < .65: return {'key': 'gpu', 'operator': s.q(['Exists', 'DoesNotExist'])}
        if x < .9: return {'key': 'gen', 'operator': s.q(['Gt', 'Lt']), 'values': [str(s.r.randint(2, 8))]}
        return {'key': 'kubernetes.io/arch', 'operator': 'NotIn', 'values': ['arm64']}
    def nterm(s):
        t = {'matchExpressions': [s.nreq() for _ in range(s.q([1, 1, 2]))]}
        if s.p(.1): t = {'matchFields': [{'key': 'metadata.name', 'operator': s.q(['In', 'NotIn']), 'values': [s.q(s.nodes)['metadata']['name']]}]}
        return t
    def reslist(s, bound):
        x = s.r.random()
        if x < .12: return {}
        R = {}
        small = s.has('full')
        if s.p(.9): R['cpu'] = s.q(CPUS[:10] if small else CPUS)
        if s.p(.9): R['memory'] = s.q(MEMS[:12] if small else MEMS)
        if s.has('res') and s.p(.25): R['ephemeral-storage'] = s.q(EPH)
        if s.has('res') and s.p(.08): R['example.com/gpu'] = '1'
        if s.has('res') and s.p(.04): R['hugepages-2Mi'] = '32Mi'
        if not R: return {}
        lim = {k: v for k, v in R.items() if '/' in k or k.startswith('huge')}
        if s.p(.12): return {'limits': R}   # requests are defaulted from limits by the API server
        if s.p(.3): lim.update(R)
        out = {'requests': R}
        if lim: out['limits'] = lim
        return out
    def pod(s, i, bound):
        r = s.r; app = s.q(s.apps); ns = s.q(NSS) if s.p(.6) else 'default'
        lab = {'app': app}
        if s.p(.7): lab['tier'] = s.q(TIERS)
        name = (f'bound-{i:05d}' if bound else f'pend-{i:03d}')
        md = {'name': name, 'namespace': ns, 'labels': lab, 'uid': f'u-{name}', 'creationTimestamp': ts(r.randint(0, 40000) if bound else 50000 + r.randint(0, 5 * s.np))}
        img = {a: IMAGES[i % 6][0] for i, a in enumerate(s.apps)}
        cs = [{'name': 'main', 'image': img[app] if not s.p(.1) else 'registry.local/huge:1', 'resources': s.reslist(bound)}]
        if s.p(.25): cs.append({'name': 'side', 'image': 'registry.local/sidecar:1', 'resources': s.reslist(bound)})
        sp = {'containers': cs}
        ic = []
        if s.has('res') or s.has('full') or s.p(.1):
            if s.p(.2): ic.append({'name': 'init', 'image': 'registry.local/sidecar:1', 'resources': s.reslist(bound)})
            if s.p(.15): ic.append({'name': 'native', 'image': 'registry.local/sidecar:1', 'restartPolicy': 'Always', 'resources': s.reslist(bound)})
            if s.p(.08): ic.append({'name': 'init2', 'image': 'registry.local/sidecar:1', 'resources': s.reslist(bound)})
            if s.p(.08): sp['overhead'] = {'cpu': '120m', 'memory': '80Mi'}; sp['runtimeClassName'] = 'kata'
            if s.p(.12): # pod-level resources, above any sum the containers may have
                q = s.q([{'cpu': '12'}, {'memory': '20Gi'}, {'cpu': '12', 'memory': '20Gi'}]) if not s.has('full') else {'cpu': '1500m', 'memory': '2Gi'}
                sp['resources'] = {'requests': q}
                for c in cs + ic: c['resources'] = {'requests': {'cpu': '100m', 'memory': '64Mi'}} if s.p(.5) else {}
        if ic: sp['initContainers'] = ic
        if s.has('ports') and s.p(.35):
            cs[0]['ports'] = []
            for hp in r.sample([8080, 9090, 53], r.randint(1, 2)):
                po = {'containerPort': hp, 'hostPort': hp}
                if s.p(.3): po['protocol'] = s.q(['UDP', 'TCP'])
                if s.p(.25): po['hostIP'] = s.q(['127.0.0.1', '10.1.2.3', '0.0.0.0'])
                cs[0]['ports'].append(po)
        if s.classes and s.p(.85):
            sp['priorityClassName'] = s.q(['low', 'low', 'normal', 'normal', 'mid', 'high'] if bound else ['low', 'normal', 'mid', 'mid', 'high', 'high', 'polite'])
        if s.has('svc') and s.p(.4):
            nm, n, a, t, kind = s.q(s.rs)
            md['namespace'] = n; md['labels'] = {'app': a, 'tier': t}; app = a
            md['ownerReferences'] = [{'apiVersion': 'apps/v1', 'kind': kind, 'name': nm, 'uid': f'uid-{nm}', 'controller': True, 'blockOwnerDeletion': True}]
        aff = {}
        if s.has('podaff') and s.p(.35 if bound else .7): aff.update(s.podaff(bound, md['labels']['app']))
        if not bound or s.p(.1):
            if s.has('nodesel') and s.p(.25): sp['nodeSelector'] = s.q([{'disk': 'ssd'}, {'gpu': 'true'}, {'kubernetes.io/arch': 'amd64'}, {'disk': 'hdd', 'gpu': 'true'}])
            if s.has('nodeaff'):
                na = {}
                if s.p(.4): na['requiredDuringSchedulingIgnoredDuringExecution'] = {'nodeSelectorTerms': [s.nterm() for _ in range(s.q([1, 1, 2]))]}
                if s.p(.6): na['preferredDuringSchedulingIgnoredDuringExecution'] = [{'weight': r.randint(1, 100), 'preference': s.nterm()} for _ in range(r.randint(1, 3))]
                if na: aff['nodeAffinity'] = na
            if s.has('taint') and s.p(.6):
                tl = []
                for _ in range(r.randint(1, 3)):
                    t = s.q([{'key': 'dedicated', 'operator': 'Equal', 'value': s.q(['a', 'b'])}, {'key': s.q(['spot', 'maint', 'dedicated']), 'operator': 'Exists'}, {'key': 'spot', 'value': 'a'}])
                    t = dict(t)
                    if s.p(.6): t['effect'] = s.q(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
                    if t.get('effect') == 'NoExecute' and s.p(.3): t['tolerationSeconds'] = 60
                    tl.append(t)
                if s.p(.06): tl = [{'operator': 'Exists'}]
                sp['tolerations'] = tl
            if s.has('unsched') and s.p(.1): sp.setdefault('tolerations', []).append({'key': 'node.kubernetes.io/unschedulable', 'operator': 'Exists', 'effect': 'NoSchedule'})
            if s.has('spread') and s.p(.7):
                tc, seen = [], set()
                for _ in range(s.q([1, 1, 2, 3])):
                    c = {'maxSkew': s.q([1, 1, 2, 3, 5]), 'topologyKey': s.topo() if not s.p(.1) else 'disk', 'whenUnsatisfiable': s.q(['DoNotSchedule', 'ScheduleAnyway'])}
                    if (c['topologyKey'], c['whenUnsatisfiable']) in seen: continue
                    seen.add((c['topologyKey'], c['whenUnsatisfiable']))
                    c['labelSelector'] = {'matchLabels': {'app': md['labels']['app']}} if s.p(.7) else s.sel()
                    if c['whenUnsatisfiable'] == 'DoNotSchedule' and s.p(.2): c['minDomains'] = r.randint(1, 5)
                    if s.p(.2): c['nodeAffinityPolicy'] = s.q(['Honor', 'Ignore'])
                    if s.p(.3): c['nodeTaintsPolicy'] = s.q(['Honor', 'Ignore'])
                    tc.append(c)
                sp['topologySpreadConstraints'] = tc
        if aff: sp['affinity'] = aff
        o = {'apiVersion': 'v1', 'kind': 'Pod', 'metadata': md, 'spec': sp}
        if bound:
            sp['nodeName'] = s.place(cs)
            o['status'] = {'phase': 'Running', 'startTime': ts(40000 + (r.randint(0, 5000) if s.p(.5) else 600 * r.randint(0, 3)))}
            if s.p(.03): md['deletionTimestamp'] = ts(49000); md['deletionGracePeriodSeconds'] = 30
            elif s.p(.02): o['status']['phase'] = s.q(['Succeeded', 'Failed'])
        else: o['status'] = {'phase': 'Pending'}
        return o
    def place(s, cs):
        if not hasattr(s, 'cnt'): s.cnt = {}
        for _ in range(4):
            n = s.q(s.nodes); k = n['metadata']['name']
            if s.cnt.get(k, 0) < int(n['status']['allocatable']['pods']): break
        s.cnt[k] = s.cnt.get(k, 0) + 1
        return k
def hash_(x):
    h = 1469598103934665603
    for c in x.encode(): h = (h ^ c) * 1099511628211 % 2**64
    return h
def dump(w, f):
    f.write('{"apiVersion":"v1","kind":"List","items":[\n')
    f.write(',\n'.join(json.dumps(i, separators=(',', ':')) for i in w['items']))
    f.write('\n]}\n')
if __name__ == '__main__':
    seed, theme, nn, nb, npd = int(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:6])
    dump(G(seed, theme, nn, nb, npd).run(), sys.stdout)
