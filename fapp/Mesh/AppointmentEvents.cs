using QuicProChat.Mesh.Fapp.Attestation;
using QuicProChat.Mesh.Fapp.Patient;
using QuicProChat.Mesh.Fapp.Practice;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Search;
using QuicProChat.Mesh.Messaging;

namespace QuicProChat.Mesh.Fapp.Mesh;

/// <summary>At this node's practice a request came, or changed.</summary>
public sealed record PracticeRequestChanged(RequestView Request, DateTimeOffset At) : MessagingEvent(At);

/// <summary>A slot of this node's practice gets more requests than people make.</summary>
public sealed record RequestFlood(SlotId Slot, int Requests, DateTimeOffset At) : MessagingEvent(At);

/// <summary>
/// A card speaks for this node's key and, not by this node's doing, for another one: both are contested.
/// </summary>
public sealed record RivalSeen(MeshKey Key, DateTimeOffset At) : MessagingEvent(At);

/// <summary>A reservation of this node changed its state.</summary>
public sealed record ReservationChanged(Reservation Reservation, DateTimeOffset At) : MessagingEvent(At);

/// <summary>Something new fits a standing search.</summary>
public sealed record WatchFound(byte Watch, SlotOffer Offer, DateTimeOffset At) : MessagingEvent(At);
