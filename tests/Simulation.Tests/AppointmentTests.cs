using QuicProChat.Mesh.Simulation.Appointments;

namespace QuicProChat.Mesh.Simulation.Tests;

/// <summary>
/// Practices and patients on a graph with churn and liars; <c>make simulate-appointments</c> is the large run.
/// </summary>
public sealed class AppointmentTests
{
    [Fact]
    public void Whoever_lies_or_is_killed_no_slot_is_booked_twice_no_booking_is_lost_and_every_state_is_true()
    {
        var world = new AppointmentWorld(new AppointmentScale
        {
            Topology = "grid:25",
            Practices = 20,
            Patients = 60,
            Days = 6,
            False = 2
        });
        AppointmentFigures figures = world.Run();
        string all = figures.ToString();
        Assert.True(
            figures is { BookedTwice: 0, BookingsLost: 0, Untrue: 0, StaleAtEnd: 0, ReplaysTaken: 0 }, all);
        // It was no easy life.
        Assert.True(figures is
        {
            Bookings: > 20, Kills: > 20, RecordsRefused: > 100, ReplaysLost: > 100,
            Swallowed: > 10
        }, all);
    }
}
