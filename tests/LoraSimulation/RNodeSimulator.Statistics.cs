namespace QuicProChat.Mesh.LoraSimulation;

// What the firmware counts of its own airtime, with all its roundings: bins of 7.5 s by its own clock, an hour of them.
public sealed partial class RNodeSimulator
{
    private const int BinMilliseconds = 7_500, BinCount = 480;

    /// <summary>A sample takes 3 ms and what the loop takes; every 333 and after 2500 there is a report.</summary>
    private static readonly TimeSpan Sample = TimeSpan.FromMilliseconds(3.1);
    private const int SamplesForReport = 333, SamplesInRound = 2_500;

    private readonly ushort[] _bins = new ushort[BinCount];
    private TimeSpan _statisticsAt = TimeSpan.MaxValue;
    private int _samples;

    private int BinAt(TimeSpan now) =>
        (int)((long)(now - _bootedAt + Faults.ClockAtBoot).TotalMilliseconds % (BinMilliseconds
            * BinCount) / BinMilliseconds);

    private void StartStatistics(TimeSpan now)
    {
        if (Faults.ClearsStatistics)
            Array.Clear(_bins);
        _samples = 0;
        _statisticsAt = Faults.Statistics ? now : TimeSpan.MaxValue;
    }

    private void CountAirtime(int bytes, TimeSpan now)
    {
        float symbols = (8 * bytes) + 16 - (4 * _sf) + 20 + (_sf < 7 ? 0 : 8);
        symbols /= 4 * (_sf - (LowDataRate && _sf >= 7 ? 2 : 0));
        symbols *= _cr;
        symbols += Preamble + 8 + (_sf < 7 ? 2.25f : 0.25f);
        int bin = BinAt(now);
        _bins[bin] = (ushort)(_bins[bin] + (symbols * (float)(1000.0 * (1 << _sf) / _bandwidth)));
        _bins[(bin + 1) % BinCount] = 0;
    }

    /// <summary>Milliseconds in the bin that runs and in the one before it.</summary>
    private int Visible(TimeSpan now)
    {
        int bin = BinAt(now);
        return _bins[bin] + _bins[(bin + BinCount - 1) % BinCount];
    }

    private void ReportSamples(TimeSpan now)
    {
        if (now < _statisticsAt || now < SendingUntil || _run.Count > 0)
            return;
        int samples = Math.Min(SamplesForReport, SamplesInRound - _samples);
        _samples = (_samples + samples) % SamplesInRound;
        _statisticsAt = now + (samples * Sample);
        SayStatistics(now);
    }

    private void SayStatistics(TimeSpan now)
    {
        _bins[(BinAt(now) + 1) % BinCount] = 0;
        float visible = (float)(Visible(now) / (2.0 * BinMilliseconds));
        int sum = 0;
        foreach (ushort bin in _bins)
            sum += bin;
        float hour = (float)sum / (BinMilliseconds * BinCount);
        ushort used = (ushort)(visible * 100 * 100);
        ushort usedHour = (ushort)(hour * 100 * 100);
        bool busy = Air?.IsBusy(Station, now) == true;
        SayFrame(
            0x25, (byte)(used >> 8), (byte)used, (byte)(usedHour >> 8), (byte)usedHour, 0, 0, 0, 0,
            (byte)(busy ? 80 : 40), 37, 0xFF);
    }
}
