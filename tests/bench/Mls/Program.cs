using System.Globalization;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls.Bench;

/// <summary>Prints what the operations of MLS cost beside the goals: CPU milliseconds of one thread, median.</summary>
internal static class Program
{
    private static readonly int[] Sizes = [2, 16, 128, 1024];

    // CPU milliseconds of mlspp (C++, OpenSSL) on a machine of this kind.
    private static readonly double[] AddCreateGoal = [0.64, 0.82, 1.9, 11];
    private static readonly double[] AddProcessGoal = [0.35, 0.41, 0.82, 4.5];
    private static readonly double[] JoinGoal = [0.43, 1.65, 11, 87];
    private static readonly double[] UpdateCreateGoal = [0.39, 0.85, 2.1, 15.5];
    private static readonly double[] UpdateProcessGoal = [0.33, 0.45, 1.4, 27];
    private static readonly double[] EncryptGoal = [0.076, 0.076, 0.077, 0.077];
    private static readonly double[] DecryptGoal = [0.166, 0.166, 0.17, 0.17];

    private static bool _inTime = true;

    /// <summary>Bytes are the same on every machine, unlike times: too many of them fail the run.</summary>
    private static bool _smallEnough = true;

    private static int Main(string[] args)
    {
        bool quick = args.Contains("--quick");
        Console.WriteLine(
            $"runtime: {(System.Runtime.CompilerServices.RuntimeFeature.IsDynamicCodeSupported ? "JIT" : "native AOT")} {Environment.Version}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"operation",-26}{"N",6}{"ms",10}{"goal",10}"));
        SmallThings();
        for (int i = 0; i < Sizes.Length; i++)
            Measure(Sizes[i], i, quick && Sizes[i] > 128 ? 5 : Sizes[i] > 128 ? 25 : 101);
        SizesOnTheWire();
        Footprint();
        Console.WriteLine(_inTime && _smallEnough ? "every goal is met" : "NOT every goal is met");
        return _smallEnough ? 0 : 1;
    }

    private static void SmallThings()
    {
        World.Actor actor = World.NewActor(1);
        Report("KeyPackage", 1, 0.20, Median(301, () => () => actor.KeyPackage()));
        int n = 0;
        Report("group create", 1, 0.057, Median(301, () =>
        {
            byte[] id = BitConverter.GetBytes((long)++n);
            return () => Check(actor.Client.CreateGroup(actor.Identity, id).IsOk);
        }));
    }

    private static void Measure(int size, int row, int runs)
    {
        (Group first, Group last) = World.Added(size);
        World.Actor[] newcomers = [.. Enumerable.Range(0, runs + 3).Select(i => World.NewActor(100_000 + i))];
        KeyPackage[] packages = [.. newcomers.Select(a => a.KeyPackage())];
        UnverifiedKeyPackage[] received = [.. packages.Select(p => UnverifiedKeyPackage.Parse(p.ToMessage()).Value)];
        PendingCommit[] commits = new PendingCommit[runs + 3];
        int at = 0;

        // Creating includes the verification of the key package, as a committer has to do it.
        MlsClient committer = World.NewActor(7).Client;
        Report("add: create", size, AddCreateGoal[row], Median(runs, () =>
        {
            first.DropPending();
            return () => commits[at] =
                first.Commit(new CommitRequest { Add = [committer.Verify(received[at++]).Value] }).Value;
        }));
        at = 0;
        Report("add: process", size, AddProcessGoal[row],
            Median(runs, () => () => Check(last.Process(UnverifiedMessage.Parse(commits[at++].Message).Value).IsOk)));
        at = 0;
        Report("join from Welcome", size, JoinGoal[row], Median(runs, () =>
            () => Check(newcomers[at].Client.Join(UnverifiedWelcome.Parse(commits[at++].Welcome).Value).IsOk)));
        first.DropPending();
        byte[] data = new byte[1024];
        byte[][] messages = new byte[runs + 3][];
        at = 0;
        Report("encrypt 1 KiB", size, EncryptGoal[row],
            Median(runs, () => () => messages[at++] = first.Encrypt(data).Value));
        at = 0;
        Report("decrypt 1 KiB", size, DecryptGoal[row],
            Median(runs, () => () => Check(last.Process(UnverifiedMessage.Parse(messages[at++]).Value).IsOk)));

        (first, last) = World.External(size);
        byte[][] updates = new byte[runs + 3][];
        at = 0;
        Report("update: create", size, UpdateCreateGoal[row], Median(runs, () =>
        {
            last.DropPending();
            return () => updates[at++] = last.Commit(new CommitRequest()).Value.Message;
        }));
        at = 0;
        Report("update: process", size, UpdateProcessGoal[row], Median(runs, () =>
            () => Check(first.Process(UnverifiedMessage.Parse(updates[at++]).Value).IsOk)));
    }

    private static void SizesOnTheWire()
    {
        Console.WriteLine($"{"bytes, two members",-32}{"ours",10}{"goal",10}");
        World.Actor alice = World.NewActor(0);
        World.Actor bob = World.NewActor(1);
        Group group = alice.Client.CreateGroup(alice.Identity, World.GroupId).Value;
        KeyPackage keyPackage = bob.KeyPackage();
        Size("KeyPackage", keyPackage.ToMessage().Length, 306);
        PendingCommit add = group.Commit(new CommitRequest { Add = [keyPackage], ForcePath = true }).Value;
        Size("add commit, with path", add.Message.Length, 736);
        group.DropPending();
        add = group.Commit(new CommitRequest { Add = [keyPackage] }).Value;
        Size("add commit, without path", add.Message.Length, 736);
        Size("Welcome for one", add.Welcome!.Length, 840);
        group.MergePending();
        Size("update commit", group.Commit(new CommitRequest()).Value.Message.Length, 544);
        group.MergePending();
        Size("application message, 5 bytes", group.Encrypt(new byte[5]).Value.Length, 143);
    }

    private static void Footprint()
    {
        (Group group, Group other) = World.Added(1024);
        MlsClientOptions counted = new() { Validator = new Anyone() };
        long before = GC.GetTotalMemory(forceFullCollection: true);
        MlsIdentity identity = MlsIdentity.Generate(World.Suite, Credential.Basic(new byte[32]));
        Group joined = new MlsClient(counted, identity).JoinExternally(
            UnverifiedGroupInfo.Parse(group.GroupInfo().Value).Value, identity).Value.Accept();
        long after = GC.GetTotalMemory(forceFullCollection: true);
        Console.WriteLine(
            $"state in memory, 1024 members, memory store included: {(after - before) / joined.MemberCount} bytes a "
                + "member");
        byte[] message = group.Encrypt(new byte[1024]).Value;
        long start = GC.GetAllocatedBytesForCurrentThread();
        message = group.Encrypt(new byte[1024]).Value;
        long sent = GC.GetAllocatedBytesForCurrentThread();
        other.Process(UnverifiedMessage.Parse(message).Value);
        long done = GC.GetAllocatedBytesForCurrentThread();
        Console.WriteLine($"allocated for 1 KiB: {sent - start} bytes to encrypt, {done - sent} to decrypt");
    }

    // The preparation of each run is not measured; what it returns is.
    private static double Median(int runs, Func<Action> prepare)
    {
        const int warmUp = 2;
        List<double> samples = new(runs);
        for (int i = 0; i < runs + warmUp; i++)
        {
            Action operation = prepare();
            long start = CpuClock.Nanoseconds;
            operation();
            if (i >= warmUp)
                samples.Add((CpuClock.Nanoseconds - start) / 1e6);
        }
        samples.Sort();
        return samples[samples.Count / 2];
    }

    private static void Check(bool ok)
    {
        if (!ok)
            throw new InvalidOperationException("A measured operation failed.");
    }

    private static void Report(string name, int size, double goal, double measured)
    {
        _inTime &= measured <= goal;
        Console.WriteLine(
            string.Create(CultureInfo.InvariantCulture,
                $"{name,-26}{size,6}{measured,10:0.000}{goal,10:0.000}{(measured <= goal ? "" : "  above")}"));
    }

    private static void Size(string name, int bytes, int goal)
    {
        _smallEnough &= bytes <= goal;
        Console.WriteLine(
            string.Create(CultureInfo.InvariantCulture,
                $"{name,-32}{bytes,10}{goal,10}{(bytes <= goal ? "" : "  above")}"));
    }

    private sealed class Anyone : CredentialValidator
    {
        public override bool IsValid(Credential credential, ReadOnlyMemory<byte> signatureKey, CredentialUse use) =>
            true;

        public override bool MayJoinExternally(Credential credential, Credential? removed) => true;
    }
}
