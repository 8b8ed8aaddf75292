using System.Diagnostics;
using System.Globalization;
using QuicProChat.Mesh.Bench;

// The router core alone: envelopes of 256 bytes from one neighbour, forwarded to another that takes each. One thread.
// Goal: >= 500,000 envelopes/s, 0 bytes allocated each.
const int Warmup = 400_000;
const int Round = 500_000;
const int Rounds = 5;

var bench = new ForwardingBench();
bench.Run(Warmup);
Console.WriteLine($"{"round",-8}{"envelopes/s",14}{"ns each",10}{"bytes each",12}");
for (int round = 1; round <= Rounds; round++)
{
    long allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
    TimeSpan cpuBefore = Process.GetCurrentProcess().TotalProcessorTime;
    long own = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
    long start = Stopwatch.GetTimestamp();
    bench.Run(Round);
    TimeSpan took = Stopwatch.GetElapsedTime(start);
    long allocated = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore - own;
    TimeSpan cpu = Process.GetCurrentProcess().TotalProcessorTime - cpuBefore;
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{round,-8}{Round / took.TotalSeconds,14:N0}{took.TotalNanoseconds / Round,10:N0}{(double)allocated / Round,12:N3}   (by processor time: {Round / cpu.TotalSeconds:N0}/s)"));
}

bench.Check(Warmup + Round * Rounds);
