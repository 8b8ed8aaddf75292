using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Lora.Adaptation;
using QuicProChat.Mesh.Transports.Lora.Airtime;
using QuicProChat.Mesh.Transports.Lora.Modems;

namespace QuicProChat.Mesh.Transports.Lora;

/// <summary>A radio as an operator sees it.</summary>
/// <param name="Device">The serial device.</param>
/// <param name="Modem">The driver in use.</param>
/// <param name="State">State of the modem.</param>
/// <param name="Detail">Why it is in that state.</param>
/// <param name="FrequencyHz">Centre frequency.</param>
/// <param name="BandwidthHz">Bandwidth.</param>
/// <param name="SpreadingFactor">5 to 12.</param>
/// <param name="CodingRate">5 to 8.</param>
/// <param name="PowerDbm">Transmit power.</param>
/// <param name="Region">Region plan.</param>
/// <param name="Band">Sub-band.</param>
/// <param name="Budget">Airtime that the sub-band allows in each window.</param>
/// <param name="Window">The sliding window.</param>
/// <param name="Airtime">Used and left, by class.</param>
/// <param name="NoiseFloorDbm">Noise, where the modem tells.</param>
/// <param name="ModemCounters">What the driver counted.</param>
/// <param name="Counters">What the adaptation layer counted.</param>
/// <param name="QueuedBroadcasts">Broadcasts that wait for airtime.</param>
/// <param name="Neighbours">Stations known.</param>
public sealed record RadioStatus(
    string Device, string Modem, ModemState State, string Detail, long FrequencyHz, int BandwidthHz,
    int SpreadingFactor,
    int CodingRate, int PowerDbm, string Region, string Band, TimeSpan Budget, TimeSpan Window,
    IReadOnlyList<ClassUse> Airtime, int? NoiseFloorDbm, ModemCounters ModemCounters, RadioCounters Counters,
    int QueuedBroadcasts, IReadOnlyList<RadioNeighbourStatus> Neighbours);

/// <summary>A neighbour on a radio as an operator sees it.</summary>
/// <param name="Address">Who it is.</param>
/// <param name="IsUp">Whether there is a link.</param>
/// <param name="RssiDbm">Signal strength of its last frame.</param>
/// <param name="SnrDb">Signal to noise ratio of its last frame.</param>
/// <param name="Silence">Time since its last frame.</param>
/// <param name="RoundTrip">Usual time from a frame to its acknowledgement, repeats included.</param>
/// <param name="FramesReceived">Frames from it.</param>
/// <param name="FramesSent">Frames to it, repeats included.</param>
/// <param name="Repeats">Repeats among them.</param>
/// <param name="GivenUp">Frames given up.</param>
/// <param name="Queued">Frames that wait for airtime.</param>
public sealed record RadioNeighbourStatus(
    NodeAddress Address, bool IsUp, int? RssiDbm, double? SnrDb, TimeSpan Silence, TimeSpan RoundTrip,
    long FramesReceived,
    long FramesSent, long Repeats, long GivenUp, int Queued);
