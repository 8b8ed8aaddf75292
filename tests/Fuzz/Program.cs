using System.Diagnostics;
using System.Runtime.InteropServices;
using SharpFuzz;
using Trace = SharpFuzz.Common.Trace;

namespace QuicProChat.Mesh.Fuzz;

/// <summary>
/// <code>
/// qpc-fuzz list                       the targets
/// qpc-fuzz seeds FOLDER               writes FOLDER/TARGET/NUMBER, the inputs to begin with
/// qpc-fuzz instrument FILE...         makes assemblies count which branches an input takes
/// qpc-fuzz TARGET                     is fed by afl-fuzz
/// qpc-fuzz TARGET FILE...             reads files, such as those that afl-fuzz found
/// </code>
/// </summary>
public static unsafe class Program
{
    /// <summary>
    /// Bytes of the map of branches: what afl-fuzz has without word of more, and what SharpFuzz counts in.
    /// </summary>
    private const int MapSize = 1 << 16;

    /// <summary>Exit code 1: an input is a finding. 2: the command line makes no sense.</summary>
    public static int Main(string[] arguments)
    {
        // Instrumented code counts from its first line on, long before afl-fuzz has lent its map.
        Trace.SharedMem = (byte*)NativeMemory.AllocZeroed(MapSize);
        switch (arguments)
        {
            case ["list"]:
                foreach (FuzzTarget target in FuzzTarget.All)
                    Console.WriteLine($"{target.Name,-14} {target.What}");
                return 0;
            case ["seeds", string folder]:
                WriteSeeds(folder);
                return 0;
            case ["instrument", .. string[] files] when files.Length > 0:
                foreach (string file in files)
                    Instrument(file);
                return 0;
            case [string name, .. string[] files] when FuzzTarget.Find(name) is { } target:
                return files.Length == 0 ? Feed(target) : Reproduce(target, files);
            default:
                Console.Error.WriteLine("qpc-fuzz list | seeds FOLDER | instrument FILE... | TARGET [FILE...]");
                return 2;
        }
    }

    private static void WriteSeeds(string folder)
    {
        foreach (FuzzTarget target in FuzzTarget.All)
        {
            string into = Path.Combine(folder, target.Name);
            Directory.CreateDirectory(into);
            int number = 0;
            foreach (byte[] seed in target.Seeds())
                File.WriteAllBytes(Path.Combine(into, $"{number++:d4}"), seed);
        }
    }

    private static void Instrument(string file)
    {
        // What has been instrumented comes out lazily.
        foreach (string type in Fuzzer.Instrument(file, static _ => true, Options.Value))
            Console.WriteLine(type);
    }

    private static int Feed(FuzzTarget target)
    {
        // What is made once must not count as the path of the first input.
        foreach (byte[] seed in target.Seeds())
            target.Run(seed);
        if (ForkServer.TryRun(new byte[MaxInput], target.Run))
            return 0;
        Console.Error.WriteLine($"qpc-fuzz {target.Name} without files is for afl-fuzz: see build/fuzz.sh");
        return 2;
    }

    private static int Reproduce(FuzzTarget target, string[] files)
    {
        int findings = 0;
        foreach (string file in files)
        {
            byte[] input = File.ReadAllBytes(file);
            long begun = Stopwatch.GetTimestamp();
            try
            {
                target.Run(input);
                Console.WriteLine(
                    $"{file}: {input.Length} bytes, nothing, {Stopwatch.GetElapsedTime(begun).TotalMilliseconds:0.0} ms");
            }
            catch (Exception e)
            {
                findings++;
                Console.WriteLine($"{file}: {input.Length} bytes, {e}");
            }
        }

        return findings > 0 ? 1 : 0;
    }

    /// <summary>Longer inputs are cut; arbitrary, but a whole frame fits.</summary>
    private const int MaxInput = 128 << 10;
}
